"""Small real graphs for the sidecar to watch, and ways to run them under it."""

import asyncio
import operator
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import FakeListChatModel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy, interrupt

from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar


class State(TypedDict, total=False):
    done: Annotated[list[str], operator.add]
    answer: str


def about(task: str = "t1", **more: str) -> dict[str, str]:
    """What `Sidecar.run` is told of a run."""
    given = {"trace_id": uuid.uuid4().hex, "task_id": task, "conversation_id": task}
    return {**given, "risk": "low", "area": "core", "priority": "normal", **more}


def chain(*names: str, **options: Any) -> Any:
    """A graph of plain nodes, one after the other."""
    builder = StateGraph(State)
    for name in names:
        builder.add_node(name, lambda state, name=name: {"done": [name]}, **options)
    for before, after in zip((START, *names), (*names, END), strict=True):
        builder.add_edge(before, after)
    return builder.compile(name="chain")


def single(node: Any, **options: Any) -> Any:
    """A graph of one node, `work`, which can be interrupted and resumed."""
    builder = StateGraph(State)
    builder.add_node("work", node, **options)
    builder.add_edge(START, "work")
    builder.add_edge("work", END)
    return builder.compile(checkpointer=InMemorySaver(), name="single")


def parallel(meanwhile: Callable[[str], Any] = lambda name: None) -> Any:
    """Two async nodes that are under way at the same time; both then do something."""
    meet = asyncio.Barrier(2)

    async def side(state: State, name: str) -> State:
        await meet.wait()
        meanwhile(name)
        return {"done": [name]}

    builder = StateGraph(State)
    for name in ("left", "right"):
        builder.add_node(name, partial(side, name=name))
        builder.add_edge(START, name)
        builder.add_edge(name, END)
    return builder.compile(name="parallel")


def nested() -> Any:
    """A graph as a node of another."""
    builder = StateGraph(State)
    builder.add_node("outer", chain("inner"))
    builder.add_edge(START, "outer")
    builder.add_edge("outer", END)
    return builder.compile(name="nested")


def flaky(failures: int) -> Any:
    """Fails so many times with a ConnectionError, is tried again, then ends well."""
    left = iter(range(failures))

    def work(state: State) -> State:
        if next(left, None) is not None:
            raise ConnectionError("not yet")
        return {"done": ["work"]}

    return single(work, retry_policy=RetryPolicy(initial_interval=0.001, jitter=False))


def asking(state: State) -> State:
    """Asks a person."""
    return {"answer": interrupt("go on?")}


async def talking(state: State) -> State:
    """Asks a model that counts nothing."""
    reply = await FakeListChatModel(responses=["hello"]).ainvoke("hi")
    return {"answer": str(reply.content)}


def spin(thread_ms: float) -> None:
    """Burn so much CPU on this thread."""
    end = time.thread_time() + thread_ms / 1000
    while time.thread_time() < end:
        pass


def invoke(sidecar: Sidecar, graph: Any, given: Any = None, **more: str) -> str:
    """Run a graph under the sidecar; its trace id. What the graph raises is raised."""
    told = about(**more)
    with sidecar.run(**told) as run:
        graph.invoke({} if given is None else given, config(run, told["conversation_id"]))
    return told["trace_id"]


async def ainvoke(sidecar: Sidecar, graph: Any, **more: str) -> str:
    """The same on an event loop."""
    told = about(**more)
    with sidecar.run(**told) as run:
        await graph.ainvoke({}, config(run, told["conversation_id"]))
    return told["trace_id"]


def config(run: Any, thread: str = "t1") -> dict[str, Any]:
    callbacks = [] if run is None else [run.handler]
    return {"callbacks": callbacks, "configurable": {"thread_id": thread}}


def rows(folder: Path, table: str, *columns: str) -> list[Any]:
    """A view's rows, in the order in which things began; of one column, its values."""
    order = {"runs": "started_at", "node_runs": "started_at", "llm_calls": "started_at"}
    with open_reading(folder) as reading:
        found = reading.sql(f"SELECT * FROM v_{table} ORDER BY {order.get(table, 1)}")
    if not columns:
        return found
    values = [tuple(row[column] for column in columns) for row in found]
    return [value[0] for value in values] if len(columns) == 1 else values


def writers() -> list[threading.Thread]:
    """The sidecar's threads that are alive."""
    return [t for t in threading.enumerate() if t.name == "gatewright-sidecar"]
