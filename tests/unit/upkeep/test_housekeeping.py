"""`gatewright gc` takes what is old and over, and nothing that a run or a question needs."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.conversation import Reply, Usage
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Task, TaskState
from gatewright.settings import Settings, load_settings
from gatewright.storage.locks import task_lock
from gatewright.store import open_store
from gatewright.tasks.results import read_result
from gatewright.tasks.running import compiled, config, position
from gatewright.upkeep.freed import Freed
from gatewright.upkeep.housekeeping import agc, agc_daily, gc
from gatewright.upkeep.retiring import history_drops
from graph.develop import NODES
from graph.standing import task_state
from graph.state import RunState
from tests.unit.workspace.git_support import git, head, make_repository, write

pytestmark = pytest.mark.slow

PLAN = {"steps": [{"title": "One", "what": "Do it."}], "why": "It is one thing."}
STOP = {"at": "code_reviewer", "kind": "rejected", "reason": "No.", "choices": ["retry", "reject"]}


class House:
    """One home and one repository, with tasks in whatever state a test needs."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.repo = make_repository(folder / "shop")
        self.base = head(self.repo)

    def settings(self, **retention: Any) -> Settings:
        """Of this home."""
        return load_settings(home=self.home, retention=retention)

    async def task(self, task_id: str, state: TaskState, *, attempts: int = 6) -> str:
        """Walk a task there, with a commit and a worktree of its own; returns the commit."""
        task = Task(id=task_id, goal="Change it", repo=self.repo)
        settings = self.settings()
        async with open_store(settings) as store:
            await store.ledger.accept(task, self.base)
            site = await store.workspace.open(task_id, self.repo, None, self.base)
            made = await store.workspace.apply(
                site,
                self.base,
                write("a.txt", f"{task_id}\n"),
                ref="1/1",
                key=f"{task_id}-1",
                message="One",
            )
            graph, thread = compiled(store), config(task_id)
            for node, update in _walk(task, state, made.commit, attempts):
                thread = await graph.aupdate_state(thread, update, as_node=node)
            await store.journal.record(f"{task_id}-call", task_id, _reply())
            await store.ledger.note(task_id, state)
        log = self.home / "runs" / f"{task_id}.md"
        log.parent.mkdir(exist_ok=True)
        log.write_text("# Log\n")
        return made.commit

    async def gc(self, *, days: float = 0.0, dry_run: bool = False, **retention: Any) -> Freed:
        """Housekeeping so many days from now."""
        now = datetime.now(UTC) + timedelta(days=days, minutes=1)
        return await agc(self.settings(**retention), dry_run=dry_run, now=now)

    async def states(self, task_id: str) -> tuple[TaskState, ...]:
        """Every state that the task's history shows."""
        async with open_store(self.settings()) as store:
            entry = await store.ledger.find(task_id)
            assert entry is not None
            return (await read_result(compiled(store), entry, log=self.home / "log")).states

    def refs(self) -> list[str]:
        """The private ones of the repository."""
        return git(self.repo, "for-each-ref", "--format=%(refname)", "refs/gatewright").split()

    def worktrees(self) -> list[str]:
        """As git has them, but the user's own."""
        listed = git(self.repo, "worktree", "list", "--porcelain").splitlines()
        return [Path(line).name for line in listed if line.startswith("worktree")][1:]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Of the checkpoints."""
        with closing(sqlite3.connect(self.home / "checkpoints.sqlite")) as connection:
            return connection.execute(query).fetchall()


def _walk(
    task: Task, state: TaskState, commit: str, attempts: int
) -> list[tuple[str, Mapping[str, Any]]]:
    review = {"verdict": "approved", "why": "Good."}
    finding = {"check": "ruff", "message": "m " * 250}
    steps: list[tuple[str, Mapping[str, Any]]] = [
        ("__start__", {"task": task.model_dump(mode="json"), "base_commit": "b"}),
        ("planner", {"plan": PLAN, "plan_author": "m"}),
        ("plan_reviewer", {"plan_review": review}),
    ]
    for number in range(attempts):
        made = {"attempts": {"1": number + 1}, "head": commit}
        steps.append(("implementer", made))
        steps.append(("code_reviewer", {"findings": [finding] * (number + 1)}))
    last: dict[TaskState, tuple[str, Mapping[str, Any]]] = {
        "done": ("deliver", {"outcome": "done", "branch": "b", "head": commit}),
        "failed": ("await_human", {"outcome": "failed", "resume_at": ""}),
        "awaiting_human": ("code_reviewer", {"stop": STOP}),
    }
    return [*steps, last[state]] if state in last else steps


def _reply() -> Reply:
    return Reply(text="words", model="m", response_model="m", finish_reason="stop", usage=Usage())


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty one."""
    return House(tmp_path)


def counted(freed: Freed) -> dict[str, int]:
    """How many of each kind."""
    return {part.name: part.count for part in freed.parts}


async def test_what_is_young_stays_but_for_what_its_history_does_not_say(house: House) -> None:
    await house.task("t", "done")
    states = await house.states("t")
    assert list(counted(await house.gc())) == ["checkpoints"]
    assert await house.states("t") == states
    assert (house.refs(), house.worktrees()) == (["refs/gatewright/t/1/1"], ["t"])


async def test_bloat_of_a_real_thread_is_cut(house: House) -> None:
    """A finding more in each of 40 attempts: what is left is what the last checkpoint holds."""
    await house.task("t", "implementing", attempts=40)
    size = "SELECT sum(length(checkpoint)), max(length(checkpoint)), count(*) FROM checkpoints"
    [before] = house.rows(size)
    freed = await house.gc()
    [after] = house.rows(size)
    assert after[1:] == before[1:]
    assert after[0] < before[0] / 5
    [checkpoints] = freed.parts
    assert checkpoints.bytes >= before[0] - after[0]


async def test_what_is_old_and_over_goes(house: House) -> None:
    commit = await house.task("t", "done")
    git(house.repo, "branch", "gatewright/t", commit)
    await house.task("u", "awaiting_human")
    freed = await house.gc(days=400)
    assert counted(freed).keys() == {"worktrees", "refs", "logs", "checkpoints", "answers"}
    assert (house.refs(), house.worktrees()) == (["refs/gatewright/u/1/1"], ["u"])
    assert house.rows("SELECT count(*) FROM checkpoints WHERE thread_id = 't'") == [(1,)]
    assert [log.name for log in (house.home / "runs").iterdir()] == ["u.md"]


@pytest.mark.parametrize("state", ["awaiting_human", "implementing"])
async def test_a_task_that_is_not_over_goes_on_as_before(house: House, state: TaskState) -> None:
    await house.task("t", state)
    async with open_store(house.settings()) as store:
        before = await position(compiled(store), "t")
    states = await house.states("t")
    assert list(counted(await house.gc(days=10_000))) == ["checkpoints"]
    async with open_store(house.settings()) as store:
        assert await position(compiled(store), "t") == before
        assert await store.journal.recall("t-call") == _reply()
    assert await house.states("t") == states


async def test_a_task_that_runs_is_passed_over(house: House) -> None:
    await house.task("t", "implementing")
    before = house.rows("SELECT * FROM checkpoints")
    with task_lock(house.home / "locks", "t"):
        freed = await house.gc(days=400)
    assert (freed.parts, [kept.task_id for kept in freed.kept]) == ((), ["t"])
    assert house.rows("SELECT * FROM checkpoints") == before


async def test_a_dry_run_says_the_same_and_takes_nothing(house: House) -> None:
    commit = await house.task("t", "done")
    git(house.repo, "branch", "gatewright/t", commit)
    before = house.rows("SELECT * FROM checkpoints"), house.refs(), house.worktrees()
    said = await house.gc(days=400, dry_run=True)
    assert (house.rows("SELECT * FROM checkpoints"), house.refs(), house.worktrees()) == before
    assert said.parts == (await house.gc(days=400)).parts


async def test_the_second_time_there_is_nothing_left(house: House) -> None:
    commit = await house.task("t", "done")
    git(house.repo, "branch", "gatewright/t", commit)
    await house.task("u", "awaiting_human")
    await house.gc(days=400)
    assert (await house.gc(days=400)).parts == ()


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
async def test_work_that_is_on_no_branch_stays(house: House, state: TaskState) -> None:
    commit = await house.task("t", state)
    freed = await house.gc(days=400)
    assert house.refs() == ["refs/gatewright/t/1/1"]
    assert [(kept.task_id, "unmerged_days" in kept.why) for kept in freed.kept] == [("t", True)]
    git(house.repo, "branch", "mine", commit)
    assert counted(await house.gc(days=400)) == {"refs": 1}
    assert git(house.repo, "rev-parse", "mine") == commit


async def test_work_that_is_on_no_branch_goes_where_a_setting_says_so(house: House) -> None:
    await house.task("t", "failed")
    kept = await house.gc(days=49, unmerged_days=50)
    assert (house.refs(), len(kept.kept)) == (["refs/gatewright/t/1/1"], 1)
    assert (await house.gc(days=51, unmerged_days=50)).kept == ()
    assert house.refs() == []


async def test_refs_of_others_stay(house: House) -> None:
    commit = await house.task("t", "done")
    git(house.repo, "branch", "gatewright/t", commit)
    git(house.repo, "update-ref", "refs/gatewright/elsewhere/1/1", commit)
    await house.gc(days=400)
    assert house.refs() == ["refs/gatewright/elsewhere/1/1"]


async def test_a_cancelled_task_can_still_be_gone_on_with(house: House) -> None:
    await house.task("t", "cancelled")
    async with open_store(house.settings()) as store:
        before = await position(compiled(store), "t")
    await house.gc(days=400)
    async with open_store(house.settings()) as store:
        assert await position(compiled(store), "t") == before
    assert before.following == ("implementer",)


async def test_a_repository_that_is_gone_keeps_nothing_else(house: House) -> None:
    await house.task("t", "done")
    house.repo.rename(house.repo.with_name("moved"))
    freed = await house.gc(days=400)
    assert freed.problems == ()
    assert counted(freed).keys() == {"worktrees", "logs", "checkpoints", "answers"}
    assert not (house.home / "worktrees" / "t").exists()


async def test_scratch_and_baselines_go_by_age(house: House) -> None:
    for folder, name in (("scratch", "probe-x"), ("baselines", "a.json")):
        for age in (0, 40):
            path = house.home / folder / f"{age}-{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
            at = (datetime.now(UTC) - timedelta(days=age)).timestamp()
            os.utime(path, (at, at))
    assert counted(await house.gc()) == {"scratch": 1, "baselines": 1}
    assert (house.home / "scratch" / "0-probe-x").exists()
    assert (house.home / "baselines" / "0-a.json").exists()


async def test_what_each_call_cost_becomes_what_each_month_did(house: House) -> None:
    await house.task("t", "failed")
    async with open_store(house.settings()) as store:
        for number in range(3):
            await store.purse.reserve(f"{number}", "t", 0.25)
    assert "purse" not in counted(await house.gc(days=89))
    assert counted(await house.gc(days=150))["purse"] == 2
    async with open_store(house.settings()) as store:
        assert (await store.purse.spent_usd()).month_usd == 0.75


async def test_a_file_that_is_mostly_free_is_compacted(house: House) -> None:
    commit = await house.task("t", "done", attempts=60)
    git(house.repo, "branch", "gatewright/t", commit)
    freed = await house.gc(days=400)
    [checkpoints] = [one for one in freed.databases if one.name == "checkpoints.sqlite"]
    assert checkpoints.before_bytes > 2**20
    assert checkpoints.after_bytes < checkpoints.before_bytes / 3


async def test_one_task_that_cannot_be_seen_to_does_not_stop_the_others(house: House) -> None:
    await house.task("bad", "failed")
    commit = await house.task("good", "done")
    git(house.repo, "branch", "gatewright/good", commit)
    (house.home / "locks" / "bad.lock").mkdir(parents=True)
    freed = await house.gc(days=400)
    assert ["task 'bad' stays" in problem for problem in freed.problems] == [True]
    assert house.worktrees() == ["bad"]


async def test_two_do_not_clear_up_at_once(house: House) -> None:
    with task_lock(house.home / "locks", ".gc"), pytest.raises(EnvironmentFault, match="already"):
        await house.gc()


async def test_once_a_day_is_enough(house: House) -> None:
    await house.task("t", "done")
    await house.gc(dry_run=True)
    first = await agc_daily(house.settings())
    assert (first is not None, await agc_daily(house.settings())) == (True, None)


async def test_a_file_is_not_compacted_while_somebody_runs_a_task(house: House) -> None:
    commit = await house.task("t", "done", attempts=60)
    git(house.repo, "branch", "gatewright/t", commit)
    await house.task("u", "implementing", attempts=1)
    async with open_store(house.settings()) as store:
        await store.ledger.begin("u", by="me")
    freed = await house.gc(days=400)
    [checkpoints] = [one for one in freed.databases if one.name == "checkpoints.sqlite"]
    assert checkpoints.after_bytes >= checkpoints.before_bytes


def test_an_empty_home_has_nothing_to_take(tmp_path: Path) -> None:
    freed = gc(load_settings(home=tmp_path / "home"))
    assert (freed.parts, freed.kept, freed.problems) == ((), (), ())


@given(
    state=st.builds(
        RunState,
        task=st.just({"id": "t"}),
        plan=st.none() | st.just(PLAN),
        plan_review=st.none() | st.just({"verdict": "rejected"}),
        attempts=st.dictionaries(st.sampled_from(["1", "2", "repair"]), st.integers(1, 3)),
        step=st.integers(0, 2),
        stop=st.none() | st.just(STOP),
        resume_at=st.sampled_from(["", *NODES]),
        outcome=st.sampled_from(["", "done", "failed"]),
    ),
    following=st.lists(st.sampled_from(sorted(NODES)), max_size=1),
)
def test_a_state_is_told_without_what_is_dropped(state: RunState, following: list[str]) -> None:
    empty: Any = RunState(task={})
    defaults = {name: getattr(empty, name) for name in history_drops()}
    assert task_state(replace(state, **defaults), following) == task_state(state, following)
