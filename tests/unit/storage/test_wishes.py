"""Cancels, reopenings and answers in the ledger."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gatewright.domain.entry import Happening
from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.domain.task import Budget, Task, TaskState
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger

ME, YOU = "ada@mill", "bob@mill"


@pytest.fixture
async def ledger(ledger: Ledger, task: Task) -> Ledger:
    """One that knows the task, which is being implemented."""
    await ledger.accept(task, "a")
    await ledger.note("t1", "implementing")
    return ledger


async def state(ledger: Ledger) -> TaskState:
    found = await ledger.find("t1")
    assert found is not None
    return found.state


# Cancels


async def test_nobody_wishes_a_cancel_at_first(ledger: Ledger) -> None:
    assert await ledger.cancel_requested("t1") is None


async def test_a_wish_is_seen_with_its_reason(ledger: Ledger) -> None:
    await ledger.request_cancel("t1", by=ME, reason="the wrong branch")
    assert await ledger.cancel_requested("t1") == "the wrong branch"


async def test_a_wish_without_a_reason_is_seen(ledger: Ledger) -> None:
    await ledger.request_cancel("t1", by=ME)
    assert await ledger.cancel_requested("t1") == ""


async def test_a_wish_changes_no_state(ledger: Ledger) -> None:
    await ledger.request_cancel("t1", by=ME)
    assert await state(ledger) == "implementing"


async def test_a_wish_that_is_carried_out_is_no_wish_any_more(ledger: Ledger) -> None:
    await ledger.request_cancel("t1", by=ME, reason="why not")
    assert await ledger.cancelled("t1")
    found = await ledger.find("t1")
    assert found is not None
    assert (found.state, found.detail) == ("cancelled", "why not")
    assert await ledger.cancel_requested("t1") is None


async def test_what_is_noted_of_a_cancelled_task_does_not_bring_it_back(ledger: Ledger) -> None:
    await ledger.cancelled("t1")
    await ledger.note("t1", "code_review")
    assert await state(ledger) == "cancelled"


@pytest.mark.parametrize("over", ["done", "failed"])
async def test_a_task_that_was_over_first_is_not_cancelled(ledger: Ledger, over: TaskState) -> None:
    await ledger.request_cancel("t1", by=ME)
    await ledger.note("t1", over)
    assert not await ledger.cancelled("t1")
    assert await state(ledger) == over
    assert await ledger.cancel_requested("t1") is None


@pytest.mark.parametrize("over", ["done", "failed", "cancelled"])
async def test_a_task_that_is_over_cannot_be_cancelled(ledger: Ledger, over: TaskState) -> None:
    await ledger.note("t1", over)
    with pytest.raises(InputError, match=r"'t1'.*gatewright show t1"):
        await ledger.request_cancel("t1", by=ME)


async def test_a_reopened_task_goes_on_from_where_it_was(ledger: Ledger) -> None:
    await ledger.cancelled("t1")
    await ledger.reopen("t1", by=YOU)
    assert await state(ledger) == "implementing"
    await ledger.note("t1", "code_review")
    assert await state(ledger) == "code_review"


async def test_a_reopened_task_that_was_never_seen_is_new(ledger: Ledger, task: Task) -> None:
    await ledger.accept(task.model_copy(update={"id": "t2"}), "a")
    await ledger.cancelled("t2")
    await ledger.reopen("t2", by=YOU)
    found = await ledger.find("t2")
    assert found is not None
    assert found.state == "new"


async def test_a_wish_may_be_taken_back(ledger: Ledger) -> None:
    await ledger.request_cancel("t1", by=ME)
    await ledger.reopen("t1", by=YOU)
    assert await ledger.cancel_requested("t1") is None


async def test_a_task_that_was_not_cancelled_is_not_reopened(ledger: Ledger) -> None:
    with pytest.raises(InputError, match=r"was not cancelled.*gatewright resume t1"):
        await ledger.reopen("t1", by=ME)


async def test_a_task_is_reopened_once(ledger: Ledger) -> None:
    await ledger.cancelled("t1")
    await ledger.reopen("t1", by=ME)
    with pytest.raises(InputError, match="was not cancelled"):
        await ledger.reopen("t1", by=ME)


async def test_the_history_says_who_cancelled_and_who_reopened(ledger: Ledger) -> None:
    await ledger.request_cancel("t1", by=ME, reason="oops")
    await ledger.cancelled("t1")
    await ledger.reopen("t1", by=YOU)
    said = [replace(each, at="") for each in await ledger.history("t1")][2:]
    assert said == [
        Happening(kind="cancel_asked", task_id="t1", at="", by=ME, detail="oops"),
        Happening(kind="state", task_id="t1", at="", state="cancelled", detail="oops"),
        Happening(kind="reopened", task_id="t1", at="", by=YOU, state="implementing"),
    ]


# Answers


async def test_a_question_has_no_answer_at_first(ledger: Ledger) -> None:
    assert await ledger.answer_to("q") is None


async def test_an_answer_is_kept_as_it_was_given(ledger: Ledger, file: Path) -> None:
    """With the limits that the person named, and no others."""
    given = Answer(action="retry", note="mind the tests", budget=Budget(max_tokens=None))
    await ledger.answer("q", "t1", given, by=ME)
    async with open_database(file) as second:
        kept = await Ledger(second).answer_to("q")
    assert kept == given
    assert kept is not None
    assert kept.budget is not None
    assert kept.budget.model_fields_set == {"max_tokens"}


async def test_a_second_answer_is_refused_with_the_firsts_name(ledger: Ledger) -> None:
    await ledger.answer("q", "t1", Answer(action="approve"), by=ME)
    with pytest.raises(InputError, match=r"ada@mill answered 'approve' at 20.*gatewright show t1"):
        await ledger.answer("q", "t1", Answer(action="reject"), by=YOU)
    assert await ledger.answer_to("q") == Answer(action="approve")


async def test_another_question_of_the_task_takes_its_own_answer(ledger: Ledger) -> None:
    await ledger.answer("q1", "t1", Answer(action="approve"), by=ME)
    await ledger.answer("q2", "t1", Answer(action="reject"), by=ME)
    assert await ledger.answer_to("q2") == Answer(action="reject")


async def test_of_many_answers_at_once_one_is_taken(ledger: Ledger, file: Path) -> None:
    """Two connections, as two processes have them."""
    async with open_database(file) as other:
        ledgers = [ledger, Ledger(other)] * 10
        notes = [Answer(action="retry", note=str(number)) for number in range(20)]
        came = await asyncio.gather(
            *(at.answer("q", "t1", note, by=ME) for at, note in zip(ledgers, notes, strict=True)),
            return_exceptions=True,
        )
    taken = [note for note, error in zip(notes, came, strict=True) if error is None]
    assert [type(error) for error in came].count(InputError) == 19
    assert [await ledger.answer_to("q")] == taken


async def test_the_history_has_the_answer(ledger: Ledger) -> None:
    given = Answer(action="retry", note="again")
    await ledger.answer("q", "t1", given, by=ME)
    last = (await ledger.history("t1"))[-1]
    assert replace(last, at="") == Happening(
        kind="answered",
        task_id="t1",
        at="",
        by=ME,
        detail="retry",
        interrupt_id="q",
        answer=given,
    )


async def test_what_is_asked_of_an_unknown_task_is_refused(ledger: Ledger) -> None:
    asked = (
        ledger.request_cancel("t9", by=ME),
        ledger.reopen("t9", by=ME),
        ledger.answer("q", "t9", Answer(action="approve"), by=ME),
    )
    for each in asked:
        with pytest.raises(InputError, match=r"'t9'.*gatewright list"):
            await each


# Waiting


async def test_a_task_that_works_waits_for_nobody(ledger: Ledger) -> None:
    found = await ledger.find("t1")
    assert found is not None
    assert found.awaiting_since is None


async def test_a_task_waits_since_it_was_first_seen_waiting(ledger: Ledger) -> None:
    await ledger.note("t1", "awaiting_human")
    first = await ledger.find("t1")
    await ledger.note("t1", "awaiting_human", "the disk was full meanwhile")
    again = await ledger.find("t1")
    assert first is not None
    assert again is not None
    assert again.awaiting_since == first.awaiting_since == first.seen_at


async def test_a_task_that_asks_again_waits_since_the_last_answer(ledger: Ledger) -> None:
    await ledger.note("t1", "awaiting_human")
    await ledger.answer("q", "t1", Answer(action="retry"), by=ME)
    found = await ledger.find("t1")
    assert found is not None
    assert found.awaiting_since == (await ledger.history("t1"))[-1].at
