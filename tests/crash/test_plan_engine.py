"""Kill -9 the engine of a plan at every event and in between, and go on: nothing that succeeded is
done twice, nothing is left alive, and the file of events is the table."""

import json
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from gatewright.domain.plan_run import StepResult
from gatewright.storage.plans.lines import event_of
from tests.crash.children import GONE_S, a_death
from tests.crash.plan_engine import RUN_ID, Death, engine, plans

STEPS: list[dict[str, Any]] = [
    {"id": "a"},
    {"id": "b", "depends_on": ["a"]},
    {"id": "c", "depends_on": ["a"], "script": "sleep 300 & sleep 0.05"},
    {"id": "d", "depends_on": ["b", "c"]},
    {
        "id": "e",
        "depends_on": ["a"],
        "script": "test -f tried || { touch tried; exit 3; }",
        "retries": 1,
    },
    {"id": "f", "depends_on": ["d"], "script": "exit 4", "critical": False},
    {"id": "g", "depends_on": ["f"]},
    {"id": "z", "depends_on": ["d", "e"], "when": "always"},
]
EVENTS = 19
"""Of a run that is left alone: its own two, and of each step but the skipped one two or three."""
ENDS = {**dict.fromkeys("abcdez", "succeeded"), "f": "failed", "g": "skipped"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    steps = []
    for given in STEPS:
        one = {"script": "sleep 0.05", **given}
        code = f"echo {one['id']} >> log; {one.pop('script')}"
        steps.append({**one, "command": "sh", "args": ["-c", code]})
    plan = {"plan_id": "p", "globals": {"critical_grace_period_sec": 1}, "steps": steps}
    (tmp_path / "plan.json").write_text(json.dumps(plan), "utf-8")
    return tmp_path


def ran(folder: Path) -> Counter[str]:
    log = folder / "log"
    return Counter(log.read_text("utf-8").split() if log.exists() else [])


def succeeded(folder: Path) -> set[str]:
    with plans(folder) as own:
        results = own.results(RUN_ID)
    return {name for name, one in results.items() if one.status == "succeeded"}


def nothing_alive(run_id: str) -> bool:
    """Within some seconds: the helpers kill what they have when they see that the engine died."""
    end = time.monotonic() + GONE_S
    while alive := [one.pid for one in psutil.process_iter() if _is_of(one, run_id)]:
        if time.monotonic() > end:
            return False
        a_death(alive, within_s=end - time.monotonic())
    return True


def _is_of(process: psutil.Process, run_id: str) -> bool:
    try:
        return process.environ().get("PLAN_RUN_ID") == run_id
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def check_ended(folder: Path) -> None:
    with plans(folder) as own:
        run, results = own.find(RUN_ID), own.results(RUN_ID)
        events, attempts = own.events(RUN_ID), own.attempts(RUN_ID)
        text = (own.folder(RUN_ID) / "events.jsonl").read_text("utf-8")
    assert run.status == "succeeded"
    assert {name: one.status for name, one in results.items()} == ENDS
    assert [event_of(line) for line in text.splitlines()] == list(events)
    assert [json.loads(line)["number"] for line in text.splitlines()] == [
        number + 1 for number in range(len(events))
    ]
    counts = Counter(one.step for one in attempts)
    # An attempt is written before it is started: what ran, ran as one of them.
    assert not ran(folder) - counts
    assert results["e"] == StepResult(
        status="succeeded",
        exit_code=0,
        attempts=counts["e"],
        duration_s=results["e"].duration_s,
    )


def die_and_go_on(folder: Path, *deaths: Death) -> None:
    before: dict[str, int] = {}
    for death in deaths:
        code = engine(folder, death)
        if code == 0:  # it was over before it was to die
            break
        assert code == -signal.SIGKILL
        assert nothing_alive(RUN_ID)
        before = {name: ran(folder)[name] for name in succeeded(folder)}
    assert engine(folder, None) == 0
    assert {name: ran(folder)[name] for name in before} == before
    assert nothing_alive(RUN_ID)
    check_ended(folder)


def test_left_alone_it_says_what_the_others_are_compared_with(folder: Path) -> None:
    assert engine(folder, None) == 0
    check_ended(folder)
    with plans(folder) as own:
        assert len(own.events(RUN_ID)) == EVENTS
    assert ran(folder) == Counter({**dict.fromkeys("abcdfz", 1), "e": 2})


@pytest.mark.parametrize("number", [1, 2, 9, EVENTS])
def test_killed_at_an_event(folder: Path, number: int) -> None:
    die_and_go_on(folder, Death(number))


def test_killed_while_steps_run(folder: Path) -> None:
    die_and_go_on(folder, Death(6, later_s=0.02))


def test_killed_again_and_again(folder: Path) -> None:
    die_and_go_on(folder, *(Death(3) for _ in range(6)))


@pytest.mark.crash_all
@pytest.mark.parametrize("number", range(1, EVENTS + 1))
def test_killed_at_every_event(folder: Path, number: int) -> None:
    die_and_go_on(folder, Death(number), Death(2))


@pytest.mark.crash_all
@pytest.mark.parametrize("number", range(1, EVENTS))
def test_killed_after_every_event_while_steps_run(folder: Path, number: int) -> None:
    die_and_go_on(folder, Death(number, later_s=0.025))


@pytest.mark.parametrize(("word", "times"), [("done", 0), ("rerun", 1)])
def test_a_step_that_is_not_run_twice_is_asked_about(folder: Path, word: str, times: int) -> None:
    script = "echo x >> log; test -f again || { touch again; sleep 60; }"
    step = {"id": "x", "command": "sh", "args": ["-c", script], "idempotent": False}
    (folder / "plan.json").write_text(json.dumps({"plan_id": "p", "steps": [step]}), "utf-8")
    assert engine(folder, Death(2, later_s=0.5)) == -signal.SIGKILL
    assert nothing_alive(RUN_ID)
    began = ran(folder)["x"]
    with plans(folder) as own:
        asked = own.resume(RUN_ID)
        assert (asked.status, "'x'" in asked.reason) == ("waiting", True)
        assert own.resume(RUN_ID, answers={"x": word}).status == "succeeded"
    assert ran(folder)["x"] == began + times
