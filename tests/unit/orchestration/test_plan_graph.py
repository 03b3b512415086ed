"""The plan graph as a LangGraph server drives it: the file and the answers come from a client."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from gatewright.domain.errors import InputError
from gatewright.orchestration.plans import Plans
from gatewright.plans.documents.problems import PlanInvalid
from gatewright.settings import load_settings
from graph.entry import adapt_plan
from graph.plan import PLAN_NODES, build
from graph.plan_context import PlanOptions
from tests.unit.orchestration.conftest import noted, step

OURS = ["gatewright", "graph", "nodes"]


class Client:
    """A thread on the graph that a server would run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        builder = build(context_schema=PlanOptions, adapt=adapt_plan)
        self.graph = builder.compile(checkpointer=InMemorySaver(), name="plan")
        self.config: Any = {"configurable": {"thread_id": "t"}}
        self.told: list[dict[str, Any]] = []

    async def send(self, given: Any) -> dict[str, Any]:
        """What it is left in."""
        async for part in self.graph.astream(given, self.config, stream_mode=["custom"]):
            self.told.append(part[1]["plan"])  # type: ignore[call-overload]
        state = await self.graph.aget_state(self.config)
        return {**state.values, "asked": [one.value for one in state.interrupts]}

    def plan(self, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An input."""
        path = self.folder / "plan.json"
        path.write_text(json.dumps({"plan_id": "p", "steps": list(steps), **more}), "utf-8")
        return {"file": str(path)}


@pytest_asyncio.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("GATEWRIGHT_TELEMETRY__ENABLED", "false")
    with blockbuster_ctx(scanned_modules=OURS):
        yield Client(tmp_path)


def test_it_has_the_five_nodes_for_any_plan() -> None:
    assert list(PLAN_NODES) == ["load", "validate", "approve", "execute", "report"]


async def test_a_plan_is_run_without_blocking_and_its_events_are_streamed(client: Client) -> None:
    state = await client.send(client.plan(step("a"), step("b", "exit 3", critical=False)))
    assert (state["status"], state["summary"]["counts"]) == (
        "succeeded",
        {"succeeded": 1, "failed": 1},
    )
    assert state["summary"]["failed"] == ["b"]
    async with Plans(load_settings()) as plans:
        kept = await plans.aevents(state["run_id"])
    assert [one["kind"] for one in client.told] == [one.kind for one in kept]
    assert {one["run_id"] for one in client.told} == {state["run_id"]}


async def test_approval_is_an_interrupt(client: Client) -> None:
    state = await client.send(client.plan(noted("a"), globals={"approval": True}))
    assert (state["asked"][0]["steps"], state.get("status")) == (["a"], "")
    state = await client.send(Command(resume={"approved": True}))
    assert (state["status"], (client.folder / "log").read_text()) == ("succeeded", "a\n")


async def test_a_rejection_ends_the_run(client: Client) -> None:
    await client.send(client.plan(noted("a"), globals={"approval": True}))
    state = await client.send(Command(resume={"approved": False}))
    assert (state["status"], (client.folder / "log").exists()) == ("cancelled", False)


async def test_a_run_that_failed_is_gone_on_with_by_its_id(client: Client) -> None:
    given = client.plan(noted("a"), noted("b", "test -f mended", depends_on=["a"]))
    failed = await client.send(given)
    (client.folder / "mended").touch()
    state = await client.send({"file": "", "run_id": failed["run_id"]})
    assert (failed["status"], state["status"]) == ("failed", "succeeded")
    assert (client.folder / "log").read_text().split() == ["a", "b", "b"]


@pytest.mark.parametrize(
    "given", [{"file": ""}, {"run_id": "nobody"}, {"file": "x.json", "run_id": "../up"}]
)
async def test_an_input_that_will_not_do_is_named(client: Client, given: dict[str, str]) -> None:
    with pytest.raises(InputError):
        await client.send(given)


async def test_a_file_that_will_not_do_is_named_with_all_that_is_wrong(client: Client) -> None:
    with pytest.raises(PlanInvalid) as raised:
        await client.send(client.plan(step("a", colour="red"), step("b", depends_on=["c"])))
    assert len(raised.value.problems) == 2


async def test_a_secret_is_refused_where_inputs_are_kept(client: Client) -> None:
    given = client.plan(step("a", "test ${WORD}"), variables={"WORD": {"secret": True}})
    with pytest.raises(InputError, match="kept in its checkpoints"):
        await client.send({**given, "variables": {"WORD": "open-sesame-4711"}})
