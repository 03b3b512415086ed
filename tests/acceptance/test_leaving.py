"""Whoever leaves a run leaves nothing behind: no lock, no worktree, no lost limit."""

from contextlib import aclosing

import pytest

from gatewright.domain.errors import ThreadBusy
from gatewright.domain.events import Event
from gatewright.storage.locks import task_lock
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import REJECTED, fix, flags, says, script


def is_free(workshop: Workshop, task_id: str) -> bool:
    """Now, and not when the garbage collector comes by."""
    try:
        with task_lock(workshop.home / "locks", task_id):
            return True
    except ThreadBusy:
        return False


@pytest.mark.slow
async def test_a_listener_who_stops_listening_frees_the_task(workshop: Workshop) -> None:
    task = workshop.task("left")
    with workshop.gatewright() as gatewright:
        async with aclosing(gatewright.stream(task)) as events:
            async for event in events:
                if event.kind == "planned":
                    break
        assert is_free(workshop, "left")
        result = await gatewright.arun(task)
    assert result.state == "done"


@pytest.mark.slow
async def test_a_listener_who_fails_frees_the_task(workshop: Workshop) -> None:
    task = workshop.task("failing")

    def fail(event: Event) -> None:
        raise LookupError(event.kind)

    with workshop.gatewright() as gatewright:
        with pytest.raises(LookupError):
            await gatewright.arun(task, on_event=fail)
        assert is_free(workshop, "failing")
        result = await gatewright.arun(task)
    assert result.state == "done"


@pytest.mark.slow
async def test_a_task_that_is_over_gets_no_worktree_again(workshop: Workshop) -> None:
    task = workshop.task("over")
    with workshop.gatewright() as gatewright:
        await gatewright.arun(task)
        again = await gatewright.arun(task)
    assert again.state == "done"
    assert git(task["repo"], "worktree", "list").count("\n") == 1
    assert not (workshop.home / "worktrees" / "over").exists()


async def test_a_raised_limit_leaves_the_others_alone(workshop: Workshop) -> None:
    task = workshop.task("raised", budget={"max_cost_usd": 0.0001, "max_tokens": 3000})
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            first = await gatewright.arun(task)
            second = await gatewright.aresume("raised", "retry", budget={"max_cost_usd": 5})
            third = await gatewright.aresume("raised", "retry", budget={"max_tokens": None})
    assert first.question is not None
    assert "max_cost_usd" in first.question.stop.reason
    assert second.question is not None
    assert "max_tokens" in second.question.stop.reason
    assert third.state == "done"


async def test_a_task_that_was_ended_says_what_was_wrong_and_leaves_no_worktree(
    workshop: Workshop,
) -> None:
    task = workshop.task("said")
    async with OpenAIServer(script(plan_reviewer=[says(REJECTED)])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            ended = await gatewright.aresume("said", "reject")
    assert [finding.message for finding in ended.findings] == ["Say which comparison."]
    assert git(task["repo"], "worktree", "list").count("\n") == 1


@pytest.mark.slow
async def test_the_engine_needs_no_money(workshop: Workshop) -> None:
    task = workshop.task("free", budget={"max_cost_usd": 0})
    with workshop.gatewright() as gatewright:
        result = await gatewright.arun(task)
    assert result.state == "done"
