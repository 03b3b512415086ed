"""The command line as a shell sees it: exit codes, stdout, stderr."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gatewright.cli.main import main
from tests.support.openai_server import Served, served
from tests.support.projects import sample_task
from tests.support.scripts import MODEL, REVIEWER, fix, says, script

COMMAND = Path(sys.executable).with_name("gatewright")
KEYS = {
    "task_id",
    "state",
    "branch",
    "commit",
    "base",
    "attempts",
    "models",
    "cost_usd",
    "input_tokens",
    "output_tokens",
    "duration_seconds",
    "findings",
    "log",
}


@dataclass
class Shell:
    """A home, and the command in it."""

    home: Path

    def __call__(
        self, *arguments: object, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(COMMAND), *map(str, arguments)],
            env=self.environment(**environment),
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """What the command is started with."""
        return {**os.environ, "GATEWRIGHT_HOME": str(self.home), "COLUMNS": "200", **more}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


@dataclass(frozen=True)
class Ended:
    """What a command in this process came to, in the words of `subprocess`."""

    returncode: object
    stdout: str
    stderr: str


Here = Callable[..., Ended]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The same on a shell's home, without a process of its own, most of whose time goes into its
    imports; for what one of its kind has shown with a process."""

    def command(shell: Shell, *arguments: object, **environment: str) -> Ended:
        for name, value in shell.environment(**environment).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["gatewright", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(ended.value.code or 0, *capsys.readouterr())

    return command


def last_json(text: str) -> dict[str, Any]:
    """The object on the last line."""
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shell, Any]]:
    """`gatewright demo --json`, once."""
    folder = tmp_path_factory.mktemp("demo")
    shell = Shell(folder / "home")
    yield shell, shell("demo", "--dir", folder / "work", "--json")


def test_demo_is_done(demo: tuple[Shell, Any]) -> None:
    _, ended = demo
    assert (ended.returncode, last_json(ended.stdout)["state"]) == (0, "done"), ended.stderr


def test_json_is_one_object_with_every_key(demo: tuple[Shell, Any]) -> None:
    _, ended = demo
    [line] = ended.stdout.splitlines()
    assert json.loads(line).keys() >= KEYS


def test_progress_names_node_model_and_step(demo: tuple[Shell, Any]) -> None:
    _, ended = demo
    assert "builtin/repair" in ended.stderr
    assert "quality_gate" in ended.stderr


def test_show_list_diff_and_report_speak_json(here: Here, demo: tuple[Shell, Any]) -> None:
    shell, _ = demo
    shown = last_json(here(shell, "show", "fix-overdraft", "--json").stdout)
    listed = last_json(here(shell, "list", "--json").stdout)
    changed = last_json(here(shell, "diff", "fix-overdraft", "--json").stdout)
    reported = last_json(here(shell, "report", "fix-overdraft", "--json").stdout)
    assert shown["state"] == "done"
    assert [task["task_id"] for task in listed["tasks"]] == ["fix-overdraft"]
    assert "+        if remaining < ZERO:" in changed["diff"]
    assert reported["task_id"] == "fix-overdraft", reported


def test_report_prints_a_table(here: Here, demo: tuple[Shell, Any]) -> None:
    shell, _ = demo
    printed = here(shell, "report", "fix-overdraft").stdout
    assert "implementer" in printed
    assert "quality_gate" in printed


@pytest.mark.slow
def test_demo_runs_again(demo: tuple[Shell, Any], tmp_path: Path) -> None:
    shell, _ = demo
    again = last_json(shell("demo", "--dir", tmp_path / "work", "--json").stdout)
    assert (again["state"], again["task_id"]) == ("done", "fix-overdraft-2")


def test_an_unknown_task_is_bad_input(demo: tuple[Shell, Any]) -> None:
    shell, _ = demo
    ended = shell("show", "nobody")
    assert ended.returncode == 2
    assert "'nobody'" in ended.stderr
    assert "gatewright list" in ended.stderr


def test_a_wrong_field_is_named_with_the_fix(here: Here, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text("goal: x\nrepo: .\nrisk: enormous\n")
    ended = here(shell, "run", tmp_path / "task.yaml", "--json")
    error = last_json(ended.stdout)
    assert (ended.returncode, error["field"]) == (2, "risk")
    assert "'low', 'medium' or 'high'" in error["message"]


def test_a_dirty_base_is_refused(here: Here, shell: Shell, tmp_path: Path) -> None:
    task = sample_task(tmp_path / "work")
    (Path(task["repo"]) / "README.md").write_text("changed\n")
    (tmp_path / "task.json").write_text(json.dumps(task))
    ended = here(shell, "run", tmp_path / "task.json")
    assert (ended.returncode, "base" in ended.stderr) == (2, True)
    assert "uncommitted" in ended.stderr


def test_a_missing_repository_is_refused(here: Here, shell: Shell, tmp_path: Path) -> None:
    ended = here(shell, "run", "--goal", "x", "--repo", tmp_path / "nowhere", "--json")
    assert (ended.returncode, last_json(ended.stdout)["field"]) == (2, "repo")


def test_without_a_sandbox_it_refuses_with_the_fix(
    here: Here, shell: Shell, tmp_path: Path
) -> None:
    task = sample_task(tmp_path / "work")
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(task))
    only_git = tmp_path / "bin"
    only_git.mkdir()
    (only_git / "git").symlink_to("/usr/bin/git")
    ended = here(
        shell, "run", tmp_path / "task.yaml", PATH=str(only_git), GATEWRIGHT_SANDBOX="bubblewrap"
    )
    assert ended.returncode == 4
    assert "bubblewrap" in ended.stderr
    assert "--unsafe-no-sandbox" in ended.stderr


def test_doctor_is_ready_and_shows_the_canaries(here: Here, shell: Shell) -> None:
    ended = here(shell, "doctor", "--json")
    said = last_json(ended.stdout)
    details = {check["name"]: check["detail"] for check in said["checks"]}
    assert (ended.returncode, said["ready"]) == (0, True)
    assert "canaries" in details["sandbox bubblewrap"]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Served]:
    """A provider that rejects every plan, then accepts; its implementer waits until it is let."""
    rejected = says({"verdict": "rejected", "why": "Vague.", "concerns": [{"message": "Vague."}]})
    with served(script(plan_reviewer=[rejected], implementer=[says(fix("whole"))]), tmp_path) as at:
        yield at


def configured(folder: Path, url: str) -> dict[str, str]:
    """A settings file with both models, and its environment."""
    spec = f'api_base = "{url}"\napi_key_env = "TEST_PROVIDER_KEY"\n'
    models = "".join(f'[models."{name}"]\n{spec}' for name in (MODEL, REVIEWER))
    routing = (
        f'[routing]\nplanner = "{MODEL}"\nplan_reviewer = "{REVIEWER}"\n'
        f'implementer = "{MODEL}"\ncode_reviewer = "{REVIEWER}"\n'
    )
    path = folder / "gatewright.toml"
    path.write_text(routing + models)
    return {"GATEWRIGHT_CONFIG": str(path), "TEST_PROVIDER_KEY": "sk-test"}


@pytest.mark.slow
def test_three_rejections_exit_with_3_and_resume_to_done(
    shell: Shell, tmp_path: Path, provider: Served
) -> None:
    task = sample_task(tmp_path / "work")
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(task))
    settings = configured(tmp_path, provider.url)
    asked = shell("run", tmp_path / "task.yaml", "--json", **settings)
    done = shell("resume", "fix-overdraft", "--approve", "--json", **settings)
    assert (asked.returncode, last_json(asked.stdout)["state"]) == (3, "awaiting_human")
    assert "gatewright resume fix-overdraft --approve" in asked.stderr
    assert (done.returncode, last_json(done.stdout)["state"]) == (0, "done"), done.stderr


@pytest.mark.slow
def test_a_missing_key_is_named_and_how_to_go_on(shell: Shell, tmp_path: Path) -> None:
    task = sample_task(tmp_path / "work")
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(task))
    settings = configured(tmp_path, "http://127.0.0.1:9/v1") | {"TEST_PROVIDER_KEY": ""}
    ended = shell("run", tmp_path / "task.yaml", "--json", **settings)
    said = json.loads(ended.stdout)
    assert (ended.returncode, said["kind"]) == (4, "not_configured")
    assert "'TEST_PROVIDER_KEY'" in said["message"]
    assert "gatewright resume fix-overdraft" in ended.stderr


@pytest.mark.slow
def test_ctrl_c_stops_at_a_safe_point_and_says_how_to_go_on(shell: Shell, tmp_path: Path) -> None:
    task = sample_task(tmp_path / "work")
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(task))
    with subprocess.Popen(
        [str(COMMAND), "run", str(tmp_path / "task.yaml"), "--json"],
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "plan_review" in line:
                break
        running.send_signal(signal.SIGINT)
        rest, said = running.communicate(timeout=60)[0], line
    stopped = last_json(rest)
    done = shell("run", tmp_path / "task.yaml", "--json")
    assert running.returncode == 130, said
    assert stopped["state"] not in ("done", "failed")
    assert last_json(done.stdout)["state"] == "done"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from gatewright.cli.main import app; "
        "heavy = {'litellm', 'langgraph', 'duckdb', 'langchain_core', 'pydantic'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
