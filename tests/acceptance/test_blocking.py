"""Nothing of ours waits on the event loop for a file, a process or a database."""

from blockbuster import blockbuster_ctx

from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.scripts import fix, flags, says, script

OURS = ["agents", "gatewright", "graph", "nodes", "routing"]


async def test_the_main_job_without_a_model(workshop: Workshop) -> None:
    task = workshop.task("quiet")
    with workshop.gatewright() as gatewright, blockbuster_ctx(scanned_modules=OURS):
        result = await gatewright.arun(task)
        again = await gatewright.aresume("quiet")
        await gatewright.adiff("quiet")
        await gatewright.adeliver("quiet", "quiet-again")
        await gatewright.atasks()
    assert (result.state, again.state) == ("done", "done")


async def test_the_main_job_with_models(workshop: Workshop) -> None:
    task = workshop.task("quiet-models")
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with (
            workshop.gatewright(**flags(server.url)) as gatewright,
            blockbuster_ctx(scanned_modules=OURS) as watch,
        ):
            watch.functions["os.stat"].deactivate()  # LiteLLM looks for certificates
            result = await gatewright.arun(task)
    assert result.state == "done"
