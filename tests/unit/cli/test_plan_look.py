"""`gatewright plan show`, `runs`, `logs` and `cancel`, on runs that are over or go on."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatewright.orchestration.plans import Plans
from tests.unit.cli.conftest import Gatewright


def step(name: str, sh: str, *depends_on: str, **fields: Any) -> dict[str, Any]:
    known = {"id": name, "command": "sh", "args": ["-c", sh], "depends_on": list(depends_on)}
    return {**known, **fields}


def plan(folder: Path, *steps: dict[str, Any]) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps({"plan_id": "p", "steps": steps}))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a run that failed at its second attempt of `b`."""
    folder = tmp_path_factory.mktemp("ran")
    path = plan(
        folder,
        step("a", "echo out; echo err >&2"),
        step("b", "echo $PLAN_ATTEMPT; exit 3", "a", retries=1),
        step("c", "true", "b"),
    )
    with Plans(home=folder / "home") as opened:
        return folder / "home", opened.run(path).run_id


@pytest.fixture
def ran(made: tuple[Path, str], gatewright: Gatewright) -> str:
    """That run, in a home of its own."""
    shutil.copytree(made[0], gatewright.home)
    return made[1]


@pytest.fixture
def plans(gatewright: Gatewright) -> Iterator[Plans]:
    """Runs that go on while commands look at them."""
    with Plans(home=gatewright.home) as opened:
        yield opened


def test_a_run_is_shown_with_its_steps(gatewright: Gatewright, ran: str) -> None:
    lines = gatewright("plan", "show", ran).lines
    assert "status failed" in lines
    assert "steps 3 steps: 1 succeeded, 1 failed, 1 cancelled; 100% over" in lines
    assert any(line.startswith("b failed 2 exit 3 ") for line in lines)


def test_a_shown_run_has_a_row_for_each_attempt(gatewright: Gatewright, ran: str) -> None:
    said = gatewright("plan", "show", ran, "--json").json
    assert [(one["step"], one["attempt"]) for one in said["timeline"]] == [
        ("a", 1),
        ("b", 1),
        ("b", 2),
    ]


def test_runs_are_listed(gatewright: Gatewright, ran: str) -> None:
    assert [one["run_id"] for one in gatewright("plan", "runs", "--json").json["runs"]] == [ran]
    assert gatewright("plan", "runs").lines[1].startswith(f"{ran} failed p ")


def test_without_runs_the_list_is_empty(gatewright: Gatewright) -> None:
    assert gatewright("plan", "runs", "--json").json == {"runs": []}


def test_what_happened_is_one_line_each(gatewright: Gatewright, ran: str) -> None:
    said = [line.split()[1:3] for line in gatewright("plan", "logs", ran).lines]
    assert said == [
        ["run", ran],
        ["start", "a"],
        ["ok", "a,"],
        ["start", "b"],
        ["again", "b,"],
        ["start", "b,"],
        ["failed", "b,"],
        ["stopping", f"{ran}:"],
        ["cancelled", "c:"],
        ["failed", f"{ran}:"],
    ]


def test_the_events_are_those_of_the_file(gatewright: Gatewright, ran: str) -> None:
    told = gatewright("plan", "logs", ran, "--json").json["events"]
    file = gatewright.home / "plans" / ran / "events.jsonl"
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one | {"number": n} for n, one in enumerate(told, 1)] == kept


def test_each_stream_goes_to_its_own(gatewright: Gatewright, ran: str) -> None:
    said = gatewright("plan", "logs", ran, "a")
    assert (said.code, said.out, said.err) == (0, "out\n", "err\n")


@pytest.mark.parametrize(("flags", "out"), [((), "2\n"), (("--attempt", "1"), "1\n")])
def test_the_last_attempt_is_printed_or_another(
    gatewright: Gatewright, ran: str, flags: tuple[str, ...], out: str
) -> None:
    assert gatewright("plan", "logs", ran, "b", *flags).out == out


def test_output_as_json_has_both_streams(gatewright: Gatewright, ran: str) -> None:
    said = gatewright("plan", "logs", ran, "a", "--json").json
    assert (said["stdout"], said["stderr"], said["stdout_bytes"]) == ("out\n", "err\n", 4)
    assert Path(said["stdout_path"]).read_text() == "out\n"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("logs", "nobody"), "run"),
        (("logs", "nobody", "a"), "run"),
        (("logs", "RAN", "z"), "step"),
        (("logs", "RAN", "c"), "step"),
        (("logs", "RAN", "z", "--follow"), "step"),
        (("logs", "RAN", "a", "--attempt", "9"), "step"),
        (("logs", "RAN", "--attempt", "1"), "--attempt"),
        (("show", "nobody"), "run"),
        (("cancel", "nobody"), "run"),
        (("cancel", "RAN"), "run"),
        (("graph", "--run", "nobody"), "run"),
    ],
)
def test_what_there_is_not_is_named(
    gatewright: Gatewright, ran: str, arguments: tuple[str, ...], field: str
) -> None:
    said = gatewright("plan", *(ran if one == "RAN" else one for one in arguments), "--json")
    assert (said.code, said.json["field"]) == (2, field)


def test_what_is_over_is_followed_to_its_end(gatewright: Gatewright, ran: str) -> None:
    assert gatewright("plan", "logs", ran, "b", "--follow").out == "1\n2\n"
    assert gatewright("plan", "logs", ran, "--follow").out == gatewright("plan", "logs", ran).out


def test_a_step_that_goes_on_is_followed_until_it_is_over(
    gatewright: Gatewright, plans: Plans, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    path = plan(tmp_path, step("a", f"echo one; until test -e {go}; do sleep 0.05; done; echo two"))
    run = plans.start(path)
    # Whoever follows sees `one`, and makes the step go on by that.
    followed = Following(gatewright, run.run_id, "a", go)
    assert followed.said == ["one", "two"]
    assert plans.join(run.run_id).status == "succeeded"


class Following:
    """`plan logs --follow --json`, that touches a file at the first line it prints."""

    def __init__(self, gatewright: Gatewright, run: str, name: str, go: Path) -> None:
        write = sys.stdout.write

        def heard(text: str) -> int:
            if "one" in text:
                go.touch()
            return write(text)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.stdout, "write", heard)
            out = gatewright("plan", "logs", run, name, "--follow", "--json").out
        whole = "".join(json.loads(line)["stdout"] for line in out.splitlines())
        self.said = whole.split()


def test_a_run_that_goes_on_is_cancelled(
    gatewright: Gatewright, plans: Plans, tmp_path: Path
) -> None:
    path = plan(tmp_path, step("a", "sleep 60"), step("clean", "touch cleaned", "a", when="always"))
    run = plans.start(path)
    said = gatewright("plan", "cancel", run.run_id, "--reason", "too slow", "--json")
    assert (said.code, said.json["status"]) == (0, "cancelled")
    assert "too slow" in said.json["reason"]
    assert plans.join(run.run_id).status == "cancelled"
    assert (tmp_path / "cleaned").exists()


def test_what_somebody_runs_is_not_run_twice(
    gatewright: Gatewright, plans: Plans, tmp_path: Path
) -> None:
    run = plans.start(plan(tmp_path, step("a", "sleep 60")))
    said = gatewright("plan", "run", "--resume", run.run_id, "--json")
    assert (said.code, said.json["error"]) == (4, "ThreadBusy")
    assert plans.cancel(run.run_id).status == "cancelled"


def test_a_step_that_was_cut_off_waits_for_a_word(gatewright: Gatewright, tmp_path: Path) -> None:
    path = plan(
        tmp_path, step("a", "echo a >> log; test -e go || sleep 60", idempotent=False, retries=0)
    )
    with Plans(home=gatewright.home) as opened:
        run = opened.start(path).run_id  # stopped at once when this block ends
        while not (tmp_path / "log").exists():
            opened.events(run)
    (tmp_path / "go").touch()
    asked = gatewright("plan", "run", "--resume", run, "--json")
    answered = gatewright("plan", "run", "--resume", run, "--answer", "a=rerun", "--json")
    assert (asked.code, asked.json["status"]) == (3, "waiting")
    assert (answered.code, answered.json["status"]) == (0, "succeeded")
    assert (tmp_path / "log").read_text() == "a\na\n"
