"""What LangGraph Studio does with the plan graph, against a real `langgraph dev`."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from gatewright.telemetry.reader import open_reading
from graph.plan import PLAN_NODES
from tests.acceptance.test_studio import served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plan-studio")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[str]:
    with served(home) as (url, _):
        yield url


@pytest.fixture
async def client(server: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=server) as client:
        yield client


def given(folder: Path, **more: Any) -> dict[str, str]:
    steps = [
        {"id": "a", "command": "sh", "args": ["-c", "echo a >> log"]},
        {"id": "b", "command": "sh", "args": ["-c", "echo b >> log"], "depends_on": ["a"]},
    ]
    path = folder / "plan.json"
    path.write_text(json.dumps({"plan_id": "p", "steps": steps, **more}), "utf-8")
    return {"file": str(path)}


async def test_the_picture_and_the_form(client: LangGraphClient) -> None:
    graph = await client.assistants.get_graph("plan")
    nodes = [node["id"] for node in graph["nodes"]]
    assert nodes == ["__start__", *PLAN_NODES, "__end__"]
    [assistant] = await client.assistants.search(graph_id="plan")
    schemas = await client.assistants.get_schemas(assistant["assistant_id"])
    assert set(schemas["input_schema"]["properties"]) == {
        *("file", "directory", "variables", "options", "run_id")
    }
    assert "max_concurrency" in schemas["context_schema"]["properties"]


async def test_each_step_is_seen_live(client: LangGraphClient, tmp_path: Path, home: Path) -> None:
    thread = await client.threads.create()
    told = []
    async for part in client.runs.stream(
        thread["thread_id"], "plan", input=given(tmp_path), stream_mode="custom"
    ):
        if part.event == "custom":
            told.append((part.data["plan"]["kind"], part.data["plan"].get("step")))
    assert told == [
        ("run_started", None),
        *(("step_started", "a"), ("step_ended", "a")),
        *(("step_started", "b"), ("step_ended", "b")),
        ("run_ended", None),
    ]
    with open_reading(home / "home" / "telemetry") as reading:
        rows = reading.sql("SELECT step, status, trace_id FROM v_plan_steps ORDER BY step")
        runs = reading.sql("SELECT trace_id, workflow_name FROM v_runs")
    assert [(row["step"], row["status"]) for row in rows] == [
        ("a", "succeeded"),
        ("b", "succeeded"),
    ]
    assert {row["trace_id"] for row in rows} <= {row["trace_id"] for row in runs}


async def test_approval_is_answered_in_the_studio(client: LangGraphClient, tmp_path: Path) -> None:
    thread = await client.threads.create()
    thread_id = thread["thread_id"]
    await client.runs.wait(thread_id, "plan", input=given(tmp_path, globals={"approval": True}))
    [[asked]] = (await client.threads.get(thread_id))["interrupts"].values()
    assert "approved" in asked["response_schema"]["properties"]
    state = await client.runs.wait(thread_id, "plan", command={"resume": {"approved": True}})
    assert isinstance(state, dict)
    assert state["status"] == "succeeded"
    assert (tmp_path / "log").read_text("utf-8").split() == ["a", "b"]
