"""`gatewright plan run` and the commands that look at runs, on plans that are really run."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Gatewright

Step = dict[str, Any]
Write = Callable[..., Path]


def step(name: str, *depends_on: str, sh: str = "true", **fields: Any) -> Step:
    """A step that a shell runs."""
    known = {"id": name, "command": "sh", "args": ["-c", sh], "depends_on": list(depends_on)}
    return {**known, **fields}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a plan file."""

    def written(*steps: Step, **fields: Any) -> Path:
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        path = folder / "plan.json"
        path.write_text(json.dumps({"plan_id": "p", "steps": list(steps), **fields}))
        return path

    return written


def test_a_run_that_succeeds_says_so_in_one_object(gatewright: Gatewright, write: Write) -> None:
    said = gatewright("plan", "run", write(step("a"), step("b", "a")), "--json")
    assert said.code == 0, said.err
    assert (said.json["status"], said.json["progress_pct"]) == ("succeeded", 100.0)
    assert {name: one["status"] for name, one in said.json["steps"].items()} == {
        "a": "succeeded",
        "b": "succeeded",
    }
    assert len(said.out.splitlines()) == 1
    assert "[ 50%] start     b" in said.err.splitlines()


def test_a_run_that_fails_says_what_why_and_how_to_go_on(
    gatewright: Gatewright, write: Write
) -> None:
    plan = write(step("a", sh="echo too bad >&2; exit 3"), step("b", "a"))
    said = gatewright("plan", "run", plan)
    run = gatewright("plan", "runs", "--json").json["runs"][0]["run_id"]
    assert said.code == 1
    assert said.lines[-4:] == [
        "a failed exit code 3: too bad",
        f"gatewright plan logs {run} a",
        "",
        f"Go on with: gatewright plan run --resume {run}",
    ]


def test_a_resumed_run_does_what_is_left(gatewright: Gatewright, write: Write) -> None:
    plan = write(step("a", sh="echo a >> log"), step("b", "a", sh="echo b >> log; test -e mended"))
    failed = gatewright("plan", "run", plan, "--json")
    (plan.parent / "mended").touch()
    again = gatewright("plan", "run", "--resume", failed.json["run_id"], "--json")
    assert (failed.code, again.code) == (1, 0), again.err
    assert (plan.parent / "log").read_text() == "a\nb\nb\n"
    assert "[ 50%] start     b, attempt 2" in again.err.splitlines()


def test_all_that_is_wrong_is_told_at_once(gatewright: Gatewright, write: Write) -> None:
    plan = write(step("a", "nobody"), step("b", retires=2))
    said = gatewright("plan", "run", plan, "--json")
    paths = {one["path"] for one in said.json["problems"]}
    assert (said.code, said.json["error"]) == (2, "PlanInvalid")
    assert paths == {"$.steps[0].depends_on[0]", "$.steps[1].retires"}
    assert len(said.err.splitlines()) == 2


def test_a_variable_that_is_missing_ends_it_before_it_begins(
    gatewright: Gatewright, write: Write
) -> None:
    plan = write(step("a", sh='touch "${WHO}"'))
    said = gatewright("plan", "run", plan, "--json")
    assert said.code == 2
    assert "WHO" in said.json["problems"][0]["message"]
    assert gatewright("plan", "runs", "--json").json == {"runs": []}


def test_a_plan_that_asks_for_approval_waits_for_it(gatewright: Gatewright, write: Write) -> None:
    plan = write(step("a"), globals={"approval": True})
    asked = gatewright("plan", "run", plan, "--json")
    run = asked.json["run_id"]
    assert (asked.code, asked.json["status"]) == (3, "waiting")
    approved = gatewright("plan", "run", "--resume", run, "--approve", "--json")
    assert (approved.code, approved.json["status"]) == (0, "succeeded")


def test_a_plan_may_be_rejected(gatewright: Gatewright, write: Write) -> None:
    plan = write(step("a", sh="touch made"), globals={"approval": True})
    run = gatewright("plan", "run", plan, "--json").json["run_id"]
    rejected = gatewright("plan", "run", "--resume", run, "--reject", "--json")
    assert (rejected.code, rejected.json["status"]) == (1, "cancelled")
    assert not (plan.parent / "made").exists()


def test_ctrl_c_cancels_and_what_cleans_up_still_runs(gatewright: Gatewright, write: Write) -> None:
    plan = write(
        step("a", sh=f"kill -INT {os.getpid()}; sleep 60"),
        step("b", "a"),
        step("clean", "b", sh="touch cleaned", when="always"),
    )
    said = gatewright("plan", "run", plan, "--json")
    assert (said.code, said.json["status"]) == (130, "cancelled")
    assert {name: one["status"] for name, one in said.json["steps"].items()} == {
        "a": "cancelled",
        "b": "cancelled",
        "clean": "succeeded",
    }
    assert (plan.parent / "cleaned").exists()


def test_a_second_ctrl_c_kills_what_cleans_up_as_well(gatewright: Gatewright, write: Write) -> None:
    interrupt = f"kill -INT {os.getpid()}; sleep 60"
    plan = write(step("a", sh=interrupt), step("clean", "a", sh=interrupt, when="always"))
    said = gatewright("plan", "run", plan, "--json")
    assert said.code == 130, said.err
    assert said.json["status"] in ("cancelled", "interrupted")
    assert said.json["steps"]["clean"]["status"] != "succeeded"


def test_only_what_is_asked_for_is_run(gatewright: Gatewright, write: Write) -> None:
    plan = write(
        *(step(n, *d, sh=f"echo {n} >> log") for n, d in [("a", ""), ("b", "a"), ("c", "b")])
    )
    assert gatewright("plan", "run", plan, "--from", "b").code == 0
    said = gatewright("plan", "run", plan, "--only", "a", "--json")
    assert (plan.parent / "log").read_text() == "b\nc\na\n"
    assert (said.json["progress_pct"], list(said.json["steps"])) == (100.0, ["a"])
    assert "skipped" not in said.err


def test_a_step_that_there_is_not_is_refused(gatewright: Gatewright, write: Write) -> None:
    said = gatewright("plan", "run", write(step("build")), "--only", "biuld", "--json")
    assert (said.code, said.json["value"]) == (2, "biuld")
    assert "build" in said.json["message"]


def test_a_directory_is_where_paths_begin(
    gatewright: Gatewright, write: Write, tmp_path: Path
) -> None:
    plan = write(step("a", sh="touch here"))
    gatewright("plan", "run", plan, "--directory", tmp_path)
    assert (tmp_path / "here").exists()


def test_a_secret_is_told_nowhere(gatewright: Gatewright, write: Write) -> None:
    secret = "correct-horse-battery"
    plan = write(
        step(
            "a", sh='test "$KEY" = "${TOKEN}"; echo "${TOKEN}" >&2; exit 1', env={"KEY": "${TOKEN}"}
        ),
        variables={"TOKEN": {"secret": True}},
    )
    said = gatewright("plan", "run", plan, "--var", f"TOKEN={secret}", "--json")
    dry = gatewright("plan", "run", plan, "--var", f"TOKEN={secret}", "--dry-run", "--json")
    shown = gatewright("plan", "show", said.json["run_id"], "--json")
    told = gatewright("plan", "logs", said.json["run_id"], "--json")
    assert "***" in said.json["steps"]["a"]["reason"]
    for one in (said, dry, shown, told):
        assert secret not in one.out + one.err


def test_a_dry_run_says_what_would_be_run_and_runs_nothing(
    gatewright: Gatewright, write: Write
) -> None:
    plan = write(step("a", sh="cp in out", inputs=["in"], outputs=["out"]), step("b", "a"))
    (plan.parent / "in").write_text("1")

    def dry() -> dict[str, str]:
        said = gatewright("plan", "run", plan, "--dry-run", "--json")
        return {one["step"]: f"{one['will']}: {one['why']}" for one in said.json["steps"]}

    before = dry()
    assert not (plan.parent / "out").exists()
    gatewright("plan", "run", plan)
    after = dry()
    (plan.parent / "in").write_text("2")
    changed = dry()
    assert before == {"a": "run: new", "b": "run: new"}
    assert after["a"] == "same: its inputs and outputs are as they were after its last success"
    assert changed["a"] == "run: its command, inputs or outputs changed"


def test_what_is_unchanged_is_not_run_again(gatewright: Gatewright, write: Write) -> None:
    plan = write(step("a", sh="echo run >> log; touch out", inputs=["plan.json"], outputs=["out"]))
    gatewright("plan", "run", plan)
    said = gatewright("plan", "run", plan, "--json")
    assert said.json["steps"]["a"]["unchanged"]
    assert (plan.parent / "log").read_text() == "run\n"
    assert any(line.startswith("[100%] same      a") for line in said.err.splitlines())


def test_a_dry_run_of_a_resumed_run_says_why(gatewright: Gatewright, write: Write) -> None:
    plan = write(step("a"), step("b", "a", sh="exit 3"), step("c", "b"))
    run = gatewright("plan", "run", plan, "--json").json["run_id"]
    said = gatewright("plan", "run", "--resume", run, "--dry-run", "--json")
    assert {one["step"]: f"{one['will']}: {one['why']}" for one in said.json["steps"]} == {
        "a": "done: it succeeded before",
        "b": "run: failed before (exit 3)",
        "c": "run: cancelled before",
    }


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((), "plan"),
        (("plan.json", "--resume", "r"), "plan"),
        (("nowhere.json",), "plan"),
        (("--resume", "nobody"), "run"),
        (("--resume", "r", "--only", "a"), "--only"),
        (("--resume", "r", "--from", "a"), "--from"),
        (("--resume", "r", "--directory", "."), "--directory"),
        (("hello.json", "--reject"), "--reject"),
        (("--resume", "r", "--approve", "--reject"), "--approve"),
        (("hello.json", "--var", "A"), "--var"),
        (("--resume", "r", "--answer", "a"), "--answer"),
    ],
)
def test_what_makes_no_sense_is_refused(
    gatewright: Gatewright,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    field: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.json").write_text(json.dumps({"plan_id": "p", "steps": [step("a")]}))
    said = gatewright("plan", "run", *arguments, "--json")
    assert (said.code, said.json["field"]) == (2, field)


@pytest.mark.slow
def test_at_a_terminal_a_run_is_drawn_and_ctrl_c_ends_it_well(
    gatewright: Gatewright, write: Write
) -> None:
    plan = write(
        step("greet"),
        step("long", "greet", sh="sleep 60"),
        step("clean", "long", sh="touch cleaned", when="always"),
        name="A long one",
    )
    command = Path(sys.executable).with_name("gatewright")
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [str(command), "plan", "run", str(plan)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    try:
        screen = _read_until(ours, "33%")
        running.send_signal(signal.SIGINT)
        screen += _read_until(ours, "Go on with")
        assert running.wait(30) == 130
    finally:
        running.kill()
        running.wait()
        os.close(ours)
    assert "A long one" in screen
    assert "Once more to kill everything" in screen
    assert (plan.parent / "cleaned").exists()


def _read_until(terminal: int, text: str, *, within_s: float = 60) -> str:
    found, ends = "", time.monotonic() + within_s
    while text not in found:
        left = ends - time.monotonic()
        assert left > 0, f"{text!r} did not come:\n{found}"
        if select.select([terminal], [], [], left)[0]:
            found += os.read(terminal, 65_536).decode(errors="replace")
    return found
