"""The main job with no key and no server, beside a checkout full of unfinished work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gatewright.app import Gatewright
from gatewright.domain.errors import InputError
from gatewright.domain.events import Event
from gatewright.domain.result import TaskResult
from tests.support.projects import git, make_dirty, picture, sample_task


@dataclass
class Done:
    """A finished run, and what was seen on the way."""

    gatewright: Gatewright
    repo: Path
    result: TaskResult
    events: list[Event]
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("builtin")
    task = sample_task(folder / "work", base="main")
    repo = Path(task["repo"])
    make_dirty(repo)
    before = picture(repo)
    events: list[Event] = []
    with Gatewright(home=folder / "home") as gatewright:
        result = gatewright.run(task, on_event=events.append)
        yield Done(gatewright, repo, result, events, before, picture(repo))


def test_the_task_is_done(done: Done) -> None:
    assert (done.result.state, done.result.findings) == ("done", ())


def test_the_failing_test_fails_on_the_base(done: Done, tmp_path: Path) -> None:
    assert _tests(done.repo, "main", tmp_path) != 0


def test_all_tests_pass_on_the_branch(done: Done, tmp_path: Path) -> None:
    assert done.result.branch == "gatewright/fix-overdraft"
    assert _tests(done.repo, done.result.branch, tmp_path) == 0


def test_the_checkout_is_byte_identical(done: Done) -> None:
    assert done.after == done.before


def test_the_change_is_one_line(done: Done) -> None:
    assert git(done.repo, "diff", "--numstat", "main", "gatewright/fix-overdraft").split() == [
        "1",
        "1",
        "ledger/account.py",
    ]


def test_every_state_was_walked(done: Done) -> None:
    assert done.result.states == (
        "new",
        "planning",
        "plan_review",
        "plan_approved",
        "implementing",
        "code_review",
        "quality_gate",
        "done",
    )


def test_the_events_tell_the_same_states(done: Done) -> None:
    told = [event.state for event in done.events if event.kind == "state_changed"]
    assert told == list(done.result.states[1:])


def test_nobody_was_paid(done: Done) -> None:
    answered = {name for names in done.result.models.values() for name in names}
    assert answered == {"builtin/planner", "builtin/reviewer", "builtin/repair"}
    assert done.result.cost_usd == 0


def test_author_and_reviewer_differ(done: Done) -> None:
    assert set(done.result.models["implementer"]).isdisjoint(done.result.models["code_reviewer"])


def test_the_gate_ran_what_the_repository_uses(done: Done) -> None:
    assert done.result.gate is not None
    passed = {check.check for check in done.result.gate.checks if check.status == "passed"}
    assert {"pytest", "mypy", "ruff", "tests_intact"} <= passed


def test_the_diff_is_the_branch(done: Done) -> None:
    expected = git(done.repo, "diff", "main", "gatewright/fix-overdraft")
    assert done.gatewright.diff("fix-overdraft") == expected


def test_delivers_another_branch(done: Done) -> None:
    commit = done.gatewright.deliver("fix-overdraft", "release/overdraft")
    assert git(done.repo, "rev-parse", "release/overdraft").strip() == commit


def test_the_report_has_every_node(done: Done) -> None:
    report = done.gatewright.report("fix-overdraft")
    assert {node.node for node in report.nodes} == {
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
        "quality_gate",
        "deliver",
    }


def test_the_report_says_what_came_of_it(done: Done) -> None:
    [run] = done.gatewright.report("fix-overdraft").runs
    assert (run.status, run.outcome, run.cost_usd) == ("ok", "done", 0)


def test_the_log_is_for_people(done: Done) -> None:
    assert done.result.log is not None
    log = Path(done.result.log).read_text()
    assert "quality_gate" in log
    assert "branch gatewright/fix-overdraft" in log


def test_running_it_again_does_nothing(done: Done) -> None:
    events: list[Event] = []
    again = done.gatewright.resume("fix-overdraft", on_event=events.append)
    assert (again.commit, events) == (done.result.commit, [])


def test_an_answer_that_nobody_asked_for_is_refused(done: Done) -> None:
    with pytest.raises(InputError, match="asks nothing: it is done"):
        done.gatewright.resume("fix-overdraft", "retry")


def test_an_empty_id_is_refused(done: Done) -> None:
    with pytest.raises(InputError, match=r"^id: "):
        done.gatewright.run(goal="x", repo=done.repo, base="main", id="")


def test_the_list_shows_it(done: Done) -> None:
    [entry] = done.gatewright.tasks()
    assert (entry.task.id, entry.state) == ("fix-overdraft", "done")


def _tests(repo: Path, branch: str, folder: Path) -> int:
    git(folder, "clone", "-q", "--branch", branch, str(repo), "clone")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder / "clone",
        # None is needed, and to import those that are installed here takes longer than the tests.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        check=False,
    ).returncode
