"""What the Python API says of a home as a whole."""

from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.scripts import REJECTED, fix, flags, says, script


async def test_a_home_at_a_glance(workshop: Workshop) -> None:
    answers = script(plan_reviewer=[says(REJECTED)], implementer=[says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(workshop.task("asks"))
            found = await gatewright.asummary()
            queue = await gatewright.areview_queue()
            await gatewright.agc()
            kept = await gatewright.areview_queue()
    assert (found.tasks, [one.task_id for one in queue.waiting]) == (1, ["asks"])
    assert kept == queue, "housekeeping leaves questions alone"
