"""Cancelled: at once, with every process, on the record, and until somebody opens it again."""

import asyncio
import os

import psutil
import pytest

from gatewright.app import Gatewright
from gatewright.domain.entry import Happening
from gatewright.domain.errors import InputError
from gatewright.domain.events import Event
from gatewright.store import open_store
from tests.acceptance.conftest import Workshop
from tests.crash.descendants import started
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import fix, flags, says, script


async def happened(gatewright: Gatewright, task_id: str) -> list[Happening]:
    async with open_store(gatewright.settings) as store:
        return list(await store.ledger.history(task_id))


async def test_the_process_that_runs_it_ends_it_and_all_say_so(workshop: Workshop) -> None:
    task = workshop.task("under-way")
    heard: list[Event] = []
    async with OpenAIServer(script(planner=[{"stall": True}])) as server:
        with workshop.gatewright(**flags(server.url)) as owner, workshop.gatewright() as other:
            running = asyncio.create_task(owner.arun(task, on_event=heard.append))
            await server.arrived()
            assert (workshop.home / "worktrees" / "under-way").is_dir()
            seen = await other.acancel("under-way", "not needed")
            result = await running
            history = await happened(other, "under-way")
    assert (seen.state, result.state, result.states[-1]) == ("cancelled",) * 3
    assert [(one.how, one.detail) for one in history if one.kind == "ended"] == [
        ("cancelled", "not needed")
    ]
    assert "cancelled" in [one.state for one in history]
    assert heard[-1].state == "cancelled"
    assert "cancelled: not needed" in (workshop.home / "runs" / "under-way.md").read_text()
    assert not (workshop.home / "worktrees" / "under-way").exists()
    assert git(task["repo"], "worktree", "list").count("\n") == 1


async def test_no_process_that_it_started_lives_on(workshop: Workshop) -> None:
    slow = "sleep 98765.4"
    task = workshop.task("processes", gate={"pytest": [], "mypy": False, "commands": [slow]})
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            running = asyncio.create_task(gatewright.arun(task))
            await started(os.getpid(), slow)
            await gatewright.acancel("processes")
            assert not sleepers()
            assert (await running).state == "cancelled"


def sleepers() -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "98765.4" in (process.info["cmdline"] or []):
            found.append(process.pid)
    return found


@pytest.mark.slow
async def test_what_nobody_runs_is_cancelled_at_once_and_stays_so_until_reopened(
    workshop: Workshop,
) -> None:
    task = workshop.task("waiting")
    with workshop.gatewright() as gatewright:
        await gatewright.aaccept(task)
        cancelled = await gatewright.acancel("waiting")
        again = await gatewright.arun(task)
        runs = [one for one in await happened(gatewright, "waiting") if one.kind == "began"]
        assert (cancelled.state, again.state, runs) == ("cancelled", "cancelled", [])
        assert await gatewright.aresumable() == ()
        done = await gatewright.aresume("waiting")
    assert done.state == "done"


async def test_an_open_question_goes_with_its_worktree(workshop: Workshop) -> None:
    task = workshop.task("asked", budget={"max_tokens": 1})
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            cancelled = await gatewright.acancel("asked")
    assert (asked.state, cancelled.state, cancelled.question) == (
        "awaiting_human",
        "cancelled",
        None,
    )
    assert git(task["repo"], "worktree", "list").count("\n") == 1


async def test_a_wish_whose_canceller_died_is_carried_out_by_the_next_run(
    workshop: Workshop,
) -> None:
    task = workshop.task("wished")
    with workshop.gatewright() as gatewright:
        await gatewright.aaccept(task)
        async with open_store(gatewright.settings) as store:
            await store.ledger.request_cancel("wished", by="root@gone")
        result = await gatewright.arun(task)
    assert result.state == "cancelled"


async def test_what_is_over_cannot_be_cancelled(workshop: Workshop) -> None:
    task = workshop.task("over", budget={"max_tokens": 1})
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            await gatewright.aresume("over", "reject")
            with pytest.raises(InputError, match="is over"):
                await gatewright.acancel("over")


async def test_a_caller_who_stops_waiting_ends_the_run_and_not_the_task(
    workshop: Workshop,
) -> None:
    task = workshop.task("dropped")
    async with OpenAIServer(script(planner=[{"stall": True}])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            running = asyncio.create_task(gatewright.arun(task))
            await server.arrived()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            history = await happened(gatewright, "dropped")
            state = (await gatewright.astate("dropped")).state
    assert [one.how for one in history if one.kind == "ended"] == ["cancelled"]
    assert state == "planning"
