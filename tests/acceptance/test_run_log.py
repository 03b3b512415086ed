"""A run log that cannot be written is nobody's trouble but its own."""

import asyncio

import pytest

from gatewright.domain.errors import ModelFault
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.scripts import flags, script


@pytest.fixture
def without_log(workshop: Workshop) -> Workshop:
    """A home where a file has the name of the logs' folder."""
    workshop.home.mkdir(exist_ok=True)
    (workshop.home / "runs").write_text("in the way")
    return workshop


@pytest.mark.slow
async def test_a_task_is_done_without_its_log(without_log: Workshop) -> None:
    with without_log.gatewright() as gatewright:
        result = await gatewright.arun(without_log.task("unlogged"))
    assert (result.state, result.log) == ("done", None)


async def test_what_ends_a_run_is_told_though_the_log_is_not_written(
    without_log: Workshop,
) -> None:
    task = without_log.task("refused")
    async with OpenAIServer(script(planner=[{"error": "invalid_key"}])) as server:
        with without_log.gatewright(**flags(server.url)) as gatewright:
            with pytest.raises(ModelFault, match="authentication") as raised:
                await gatewright.arun(task)
            (entry,) = [e for e in await gatewright.atasks() if e.task.id == "refused"]
    assert entry.detail == str(raised.value)


async def test_a_run_that_is_cancelled_is_cancelled_though_the_log_is_not_written(
    without_log: Workshop,
) -> None:
    task = without_log.task("cancelled")
    async with OpenAIServer(script(planner=[{"stall": True}])) as server:
        with without_log.gatewright(**flags(server.url)) as gatewright:
            running = asyncio.create_task(gatewright.arun(task))
            async with asyncio.timeout(20):
                await server.arrived()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
