"""The ledger of tasks."""

import sqlite3
from pathlib import Path

import aiosqlite
import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.task import Budget, Task
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger


async def test_an_accepted_task_is_found(ledger: Ledger, task: Task) -> None:
    accepted = await ledger.accept(task, "c0ffee")
    assert await ledger.find("t1") == accepted
    assert (accepted.task, accepted.base_commit, accepted.state) == (task, "c0ffee", "new")


async def test_who_gave_a_task_first_is_kept(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a", by="ada@mill")
    assert (await ledger.accept(task, "a", by="bob@mill")).accepted_by == "ada@mill"


async def test_an_unknown_task_is_not_found(ledger: Ledger) -> None:
    assert await ledger.find("t1") is None


async def test_the_same_task_again_keeps_its_first_base(ledger: Ledger, task: Task) -> None:
    first = await ledger.accept(task, "a")
    assert await ledger.accept(task, "b") == first


async def test_a_priority_does_not_make_another_task(ledger: Ledger, task: Task) -> None:
    first = await ledger.accept(task, "a")
    again = task.model_copy(update={"priority": "critical"})
    assert (await ledger.accept(again, "a")).accepted_at == first.accepted_at


async def test_another_budget_is_refused_with_the_fix(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    raised = task.model_copy(update={"budget": Budget(max_tokens=1)})
    with pytest.raises(InputError, match=r"budget.*gatewright resume t1 --retry"):
        await ledger.accept(raised, "a")


@pytest.mark.parametrize(
    "other", [{"goal": "Another"}, {"repo": Path("/src/other")}, {"risk": "high"}, {"base": "v1"}]
)
async def test_an_id_stands_for_one_task(
    ledger: Ledger, task: Task, other: dict[str, object]
) -> None:
    await ledger.accept(task, "a")
    with pytest.raises(InputError, match=r"'t1'.*Give this task another id"):
        await ledger.accept(task.model_copy(update=other), "a")
    found = await ledger.find("t1")
    assert found is not None
    assert found.task == task


async def test_the_last_state_is_what_is_seen(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await ledger.note("t1", "planning")
    await ledger.note("t1", "failed", "no model answered")
    found = await ledger.find("t1")
    assert found is not None
    assert (found.state, found.detail) == ("failed", "no model answered")


async def test_all_entries_are_seen_as_one_is(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await ledger.note("t1", "planning")
    assert await ledger.entries() == [await ledger.find("t1")]


async def test_the_entries_of_some_states_are_found(ledger: Ledger, task: Task) -> None:
    for number, state in enumerate(("planning", "done", "planning", None)):
        await ledger.accept(task.model_copy(update={"id": f"t{number}"}), "a")
        if state is not None:
            await ledger.note(f"t{number}", state)
    asked = {"t0": {"planning"}, "t1": {"done", "failed"}, "t3": {"new"}}
    found = {name: await ledger.entries(states) for name, states in asked.items()}
    assert {name: sorted(entry.task.id for entry in some) for name, some in found.items()} == {
        "t0": ["t0", "t2"],
        "t1": ["t1"],
        "t3": ["t3"],
    }


async def test_a_state_is_noted_once_until_it_changes(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    for state in ("planning", "planning", "plan_review", "planning"):
        await ledger.note("t1", state)
    seen = [happening.state for happening in await ledger.history("t1")]
    assert seen == [None, "planning", "plan_review", "planning"]


async def test_the_newest_task_comes_first(
    ledger: Ledger, task: Task, database: aiosqlite.Connection
) -> None:
    for number in (1, 2, 3):
        await ledger.accept(task.model_copy(update={"id": f"t{number}"}), "a")
        await database.execute(
            f"UPDATE tasks SET accepted_at='2026-01-0{number}' WHERE id='t{number}'"
        )
    assert [entry.task.id for entry in await ledger.entries()] == ["t3", "t2", "t1"]


async def test_an_unknown_task_has_no_history(ledger: Ledger) -> None:
    assert await ledger.history("t1") == ()


async def test_the_histories_of_two_tasks_are_apart(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task, "a")
    await ledger.accept(task.model_copy(update={"id": "t2"}), "a")
    await ledger.note("t2", "planning")
    assert [each.kind for each in await ledger.history("t1")] == ["accepted"]


async def test_a_state_of_no_task_is_refused(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await ledger.note("nobody", "planning")


async def test_a_second_connection_sees_what_the_first_returned_from(
    ledger: Ledger, task: Task, file: Path
) -> None:
    accepted = await ledger.accept(task, "a")
    async with open_database(file) as second:
        assert await Ledger(second).find("t1") == accepted
