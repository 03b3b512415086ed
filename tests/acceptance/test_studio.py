"""What LangGraph Studio does with the develop graph, against a real `langgraph dev`."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from gatewright.telemetry.reader import open_reading
from graph.develop import NODES
from tests.acceptance.conftest import QUICK
from tests.support.projects import git, sample_task

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BRANCHES = {
    ("planner", "plan_reviewer", "planned"),
    ("planner", "await_human", "stopped"),
    ("plan_reviewer", "implementer", "approved"),
    ("plan_reviewer", "merger", "steps in parallel"),
    ("plan_reviewer", "planner", "rejected"),
    ("plan_reviewer", "await_human", "stopped"),
    ("implementer", "code_reviewer", "implemented"),
    ("implementer", "merger", "beside others"),
    ("implementer", "await_human", "stopped"),
    ("code_reviewer", "implementer", "rejected or next step"),
    ("code_reviewer", "merger", "steps in parallel"),
    ("code_reviewer", "quality_gate", "all approved"),
    ("code_reviewer", "await_human", "stopped"),
    ("merger", "implementer", "make"),
    ("merger", "code_reviewer", "review"),
    ("merger", "quality_gate", "all approved"),
    ("merger", "await_human", "stopped"),
    ("quality_gate", "deliver", "passed"),
    ("quality_gate", "implementer", "failed"),
    ("quality_gate", "await_human", "stopped"),
    ("await_human", "planner", "plan again"),
    ("await_human", "plan_reviewer", "review plan"),
    ("await_human", "implementer", "implement"),
    ("await_human", "merger", "steps in parallel"),
    ("await_human", "code_reviewer", "review code"),
    ("await_human", "quality_gate", "check again"),
    ("await_human", "__end__", "rejected"),
}
TOO_SHORT = {"max_seconds": 0.001}
LONG_ENOUGH = {"max_seconds": 600}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("studio")) as (url, _):
        yield url


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, "_Log"]]:
    """`langgraph dev` in a folder of its own, where it keeps its state: its URL, and its log."""
    shutil.copy(ROOT / "langgraph.json", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser"]
    with subprocess.Popen(
        [*command, "--no-reload", "--port", str(port)],
        cwd=folder,
        env={**os.environ, "GATEWRIGHT_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        log = _Log(process)
        try:
            log.until("Application started up")
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.terminate()
            log.end()
    assert "BlockingError" not in log.text, "something blocks the event loop"


class _Log:
    """What a process prints, read to the end so that it never waits for us."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.text = ""
        self._process = process
        self._awaited: list[tuple[str, threading.Event]] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def until(self, words: str) -> None:
        """Wait until they were printed."""
        seen = threading.Event()
        self._awaited.append((words, seen))
        if words in self.text:
            seen.set()
        assert seen.wait(60), self.text
        assert self._process.poll() is None, self.text

    def end(self) -> None:
        """Wait until it has nothing more to say."""
        self._thread.join(30)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.text += line
            for words, seen in self._awaited:
                if words in self.text:
                    seen.set()
        for _, seen in self._awaited:
            seen.set()


@pytest.fixture
async def client(server: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=server) as client:
        yield client


@pytest.fixture
def task(tmp_path: Path) -> dict[str, Any]:
    return sample_task(tmp_path / "work", id="studio", gate=QUICK)


async def test_the_picture_has_every_branch(client: LangGraphClient) -> None:
    graph = await client.assistants.get_graph("develop")
    drawn = {
        (edge["source"], edge["target"], edge.get("data"))
        for edge in graph["edges"]
        if edge.get("conditional")
    }
    assert drawn == BRANCHES


async def test_the_schemas_make_forms(client: LangGraphClient) -> None:
    [assistant] = await client.assistants.search(graph_id="develop")
    schemas = await client.assistants.get_schemas(assistant["assistant_id"])
    given, options = schemas["input_schema"], schemas["context_schema"]
    form = given["$defs"]["TaskForm"]
    assert form["required"] == ["goal", "repo"]
    assert form["properties"]["risk"]["enum"] == ["low", "medium", "high"]
    assert options["properties"]["rejections"]["maximum"] == 10


async def test_a_run_to_its_end(client: LangGraphClient, task: dict[str, Any]) -> None:
    thread = await client.threads.create()
    state = await client.runs.wait(thread["thread_id"], "develop", input={"task": task})
    assert isinstance(state, dict)
    assert (state.get("outcome"), state.get("branch")) == ("done", "gatewright/studio"), state
    assert git(task["repo"], "rev-parse", "gatewright/studio").strip() == state["head"]


async def test_an_interrupt_is_answered(client: LangGraphClient, task: dict[str, Any]) -> None:
    thread_id = await _interrupted(client, task)
    answer = {"action": "retry", "budget": LONG_ENOUGH}
    state = await client.runs.wait(thread_id, "develop", command={"resume": answer})
    assert isinstance(state, dict)
    assert state.get("outcome") == "done", state.get("stop")


async def test_the_interrupt_says_what_may_be_answered(
    client: LangGraphClient, task: dict[str, Any]
) -> None:
    thread = await client.threads.get(await _interrupted(client, task))
    [[interrupt]] = thread["interrupts"].values()
    assert interrupt["value"]["stop"]["choices"] == ["retry", "reject"]
    assert "action" in interrupt["response_schema"]["properties"]


async def test_the_history_is_forked(client: LangGraphClient, task: dict[str, Any]) -> None:
    thread_id = await _interrupted(client, task)
    history = await client.threads.get_history(thread_id, limit=20)
    planned = next(point for point in history if point["next"] == ["implementer"])
    raised = {**planned["values"]["task"], "budget": LONG_ENOUGH}
    fork = await client.threads.update_state(
        thread_id, {"task": raised}, checkpoint=planned["checkpoint"], as_node="plan_reviewer"
    )
    state = await client.runs.wait(thread_id, "develop", checkpoint=fork["checkpoint"])
    assert isinstance(state, dict)
    assert state.get("outcome") == "done", state.get("stop")


async def test_the_sidecar_sees_every_node(tmp_path: Path, task: dict[str, Any]) -> None:
    with served(tmp_path) as (url, log):
        async with get_client(url=url) as client:
            thread = await client.threads.create()
            await client.runs.wait(thread["thread_id"], "develop", input={"task": task})
        log.until("Background run succeeded")
    with open_reading(tmp_path / "home" / "telemetry") as reading:
        runs = reading.sql("SELECT task_id, conversation_id, status FROM v_runs")
        nodes = reading.sql("SELECT DISTINCT node FROM v_node_runs WHERE duration_ms > 0")
    assert runs == [{"task_id": "studio", "conversation_id": thread["thread_id"], "status": "ok"}]
    assert {row["node"] for row in nodes} == {*NODES} - {"await_human", "merger"}


async def _interrupted(client: LangGraphClient, task: dict[str, Any]) -> str:
    """A thread whose run asks for more time."""
    thread = await client.threads.create()
    await client.runs.wait(
        thread["thread_id"], "develop", input={"task": {**task, "budget": TOO_SHORT}}
    )
    found = await client.threads.get(thread["thread_id"])
    assert found["status"] == "interrupted"
    return thread["thread_id"]
