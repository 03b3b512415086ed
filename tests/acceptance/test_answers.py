"""A person's answer: kept before it is applied, taken once, for the question it is meant for."""

import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.domain.task import Budget
from gatewright.store import open_store
from gatewright.who import who
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.scripts import fix, flags, says, script

POOR = {"max_tokens": 1}


@pytest.mark.slow
async def test_an_answer_that_was_kept_before_a_crash_is_applied(workshop: Workshop) -> None:
    task = workshop.task("kept", budget=POOR)
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            assert asked.interrupt_id is not None
            raised = Answer(action="retry", budget=Budget(max_tokens=None))
            async with open_store(gatewright.settings) as store:
                await store.ledger.answer(asked.interrupt_id, "kept", raised, by="eva@desk")
            done = await gatewright.aresume("kept")
    assert done.state == "done"


async def test_a_second_answer_is_refused_and_not_given_to_the_next_question(
    workshop: Workshop,
) -> None:
    task = workshop.task("twice", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            first = await gatewright.arun(task)
            second = await gatewright.aresume("twice", "retry", interrupt_id=first.interrupt_id)
            with pytest.raises(InputError, match=f"{who()} answered 'retry' at 2"):
                await gatewright.aresume("twice", "reject", interrupt_id=first.interrupt_id)
            third = await gatewright.astate("twice")
    assert second.state == third.state == "awaiting_human"
    assert first.interrupt_id != second.interrupt_id == third.interrupt_id


async def test_an_answer_to_no_question_of_its_own_is_refused(workshop: Workshop) -> None:
    task = workshop.task("foreign", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            with pytest.raises(InputError, match="is no question that task 'foreign' asks now"):
                await gatewright.aresume("foreign", "retry", interrupt_id="f" * 32)


async def test_an_answer_that_is_no_choice_is_not_kept(workshop: Workshop) -> None:
    task = workshop.task("no-choice", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            with pytest.raises(InputError, match="no choice here"):
                await gatewright.aresume("no-choice", "approve")
            ended = await gatewright.aresume("no-choice", "reject")
    assert ended.state == "failed"


async def test_several_questions_wait_at_once_and_get_their_own_answers(
    workshop: Workshop,
) -> None:
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            for name in ("one", "two"):
                await gatewright.arun(workshop.task(name, budget=POOR))
            rejected = await gatewright.aresume("two", "reject")
            left = await gatewright.astate("one")
    assert (rejected.state, left.state) == ("failed", "awaiting_human")


async def test_what_nobody_answers_in_time_is_rejected_by_the_setting(
    workshop: Workshop,
) -> None:
    task = workshop.task("late", budget=POOR)
    soon = {"timeout_hours": 1e-9, "on_timeout": "reject"}
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url), review=soon) as gatewright:
            await gatewright.arun(task)
            expired = await gatewright.aexpire_reviews()
            again = await gatewright.aexpire_reviews()
            ended = {one.task_id: one.result for one in await gatewright.aresume_all()}
    assert ("late" in expired, again) == (True, ())
    assert ended["late"] is not None
    assert ended["late"].state == "failed"


async def test_without_the_setting_a_question_waits_for_ever(workshop: Workshop) -> None:
    task = workshop.task("patient", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url), review={"timeout_hours": 1e-9}) as gatewright:
            await gatewright.arun(task)
            assert await gatewright.aexpire_reviews() == ()
            assert "patient" not in {e.task.id for e in await gatewright.aresumable()}
