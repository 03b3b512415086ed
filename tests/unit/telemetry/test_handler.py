"""What the handler bears: several graphs at once, whatever runs inside a node, and nonsense."""

import asyncio
import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from gatewright.telemetry.handler import RunHandler, current_node_key
from gatewright.telemetry.private import built
from gatewright.telemetry.queue import Losses, Row
from gatewright.telemetry.scope import RunScope
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import (
    State,
    about,
    ainvoke,
    asking,
    chain,
    config,
    flaky,
    invoke,
    parallel,
    rows,
    single,
)

MODEL = FakeListChatModel(responses=["hello"])


def _ask(question: str) -> str:
    return str(MODEL.invoke(question).content)


def fan_out(width: int) -> Any:
    """A graph that sends `work` so many times at once."""
    builder = StateGraph(State)
    builder.add_node("work", lambda state: {"done": ["work"]})
    builder.add_conditional_edges(START, lambda state: [Send("work", {})] * width, ["work"])
    builder.add_edge("work", END)
    return builder.compile(name="fan_out")


# One handler for two graphs


def test_two_graphs_at_once_under_one_handler_are_told_apart(sidecar, folder):
    meet = threading.Barrier(2)

    def work(state: State) -> State:
        meet.wait(10)
        sidecar.record("gate_checks", {"gate": "pytest"})
        meet.wait(10)
        return {}

    graph = single(work)
    with sidecar.run(**about()) as run:
        threads = [
            threading.Thread(target=graph.invoke, args=({}, config(run, name))) for name in "ab"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sidecar.flush()
    nodes = rows(folder, "node_runs", "run_id", "status", "attempt")
    assert [node[1:] for node in nodes] == [("ok", 1)] * 2
    checks = rows(folder, "gate_checks", "run_id")
    assert sorted(checks) == sorted(run_id for run_id, *_ in nodes)


async def test_two_async_graphs_at_once_under_one_handler_keep_their_parents(sidecar, folder):
    with sidecar.run(**about()) as run:
        graphs = [parallel(), parallel()]
        await asyncio.gather(*(graph.ainvoke({}, config(run)) for graph in graphs))
    sidecar.flush()
    parents = Counter(rows(folder, "node_runs", "parent_run_id"))
    assert sorted(parents.values()) == [2, 2]


def test_one_graphs_failure_is_not_the_others(sidecar, folder):
    with sidecar.run(**about()) as run:
        flaky(2).invoke({}, config(run, "a"))
        flaky(0).invoke({}, config(run, "b"))
    sidecar.flush()
    assert rows(folder, "node_runs", "attempt", "status") == [
        (1, "error"),
        (2, "error"),
        (3, "ok"),
        (1, "ok"),
    ]


def test_one_graphs_question_does_not_interrupt_the_next(sidecar, folder):
    with sidecar.run(**about()) as run:
        single(asking).invoke({}, config(run, "a"))
        chain("one").invoke({}, config(run, "b"))
    sidecar.flush()
    assert rows(folder, "runs", "status") == ["ok"]


async def test_a_handler_without_its_run_costs_no_request(sidecar, folder):
    with sidecar.run(**about()) as run:
        kept = config(run)
    assert (await chain("one").ainvoke({}, kept))["done"] == ["one"]


# What runs inside a node


def test_every_send_is_a_row_of_its_own(sidecar, folder):
    invoke(sidecar, fan_out(5))
    sidecar.flush()
    found = rows(folder, "node_runs", "node", "attempt", "path", "checkpoint_ns")
    assert [row[:3] for row in found] == [("work", 1, "work")] * 5
    assert len({row[3] for row in found}) == 5


@tool
async def ask_tool(question: str) -> str:
    """Ask a model."""
    return str((await MODEL.ainvoke(question)).content)


class AskingRetriever(BaseRetriever):
    """Asks a model for what to look for."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        MODEL.invoke(query, {"callbacks": run_manager.get_child()})
        return []


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(MODEL, id="model"),
        pytest.param(RunnableLambda(str.upper) | MODEL, id="chain"),
        pytest.param(RunnableLambda(_ask), id="lambda"),
        pytest.param(ask_tool, id="tool"),
        pytest.param(AskingRetriever(), id="retriever"),
    ],
)
async def test_a_call_anywhere_inside_a_node_is_put_down_to_the_node(sidecar, folder, inner):
    async def work(state: State) -> State:
        await inner.ainvoke("hi")
        return {}

    await ainvoke(sidecar, single(work))
    sidecar.flush()
    [node] = rows(folder, "node_runs", "run_id", "node")
    assert rows(folder, "llm_calls", "parent_run_id", "node") == [node]


def test_a_call_beside_all_nodes_belongs_to_none(sidecar, folder):
    with sidecar.run(**about()) as run:
        MODEL.invoke("hi", config(run))
    sidecar.flush()
    assert rows(folder, "llm_calls", "node", "parent_run_id", "status") == [(None, None, "ok")]


async def test_the_node_that_is_calling_is_known(sidecar, folder):
    seen: dict[str, Any] = {}

    async def work(state: State) -> State:
        seen["node"] = current_node_key()
        seen["inner"] = await RunnableLambda(lambda _: current_node_key()).ainvoke(0)
        seen["thread"] = await asyncio.to_thread(current_node_key)
        return {}

    await ainvoke(sidecar, single(work))
    sidecar.flush()
    [run_id] = rows(folder, "node_runs", "run_id")
    assert seen == {"node": run_id, "inner": run_id, "thread": run_id}
    assert current_node_key() is None


# What was said


def kept_by(folder: Any) -> tuple[Sidecar, list[Row]]:
    """A sidecar whose filter keeps the rows of calls as it got them."""
    calls: list[Row] = []

    def prepare(found: list[Row]) -> list[Row]:
        calls.extend(row for row in found if row.table == "llm_calls")
        return found

    return Sidecar(folder, prepare=prepare), calls


async def test_what_was_said_reaches_the_filter_and_no_table(folder):
    sidecar, calls = kept_by(folder)
    with sidecar:
        await ainvoke(sidecar, single(RunnableLambda(lambda _: {"answer": _ask("a question")})))
        assert sidecar.flush()
        [row] = rows(folder, "llm_calls")
    [call] = calls
    assert call.values["_prompt"][0][0].content == "a question"
    assert call.values["_completion"].generations[0][0].text == "hello"
    assert not [name for name in row if name.startswith("_")]


def test_a_call_without_an_answer_has_its_prompt_only(folder):
    sidecar, calls = kept_by(folder)

    class Failing(FakeListChatModel):
        def _call(self, *args: Any, **kwargs: Any) -> str:
            raise ConnectionError("gone")

    with sidecar, sidecar.run(**about()) as run:
        with pytest.raises(ConnectionError):
            Failing(responses=[]).invoke("a question", config(run))
        sidecar.flush()
    [call] = calls
    assert "_completion" not in call.values
    assert call.values["_prompt"][0][0].content == "a question"
    assert (call.values["status"], call.values["error_type"]) == ("error", "ConnectionError")


# Nonsense


class Broken(RunScope):
    """Takes no row."""

    def put(self, table: str, row: Any) -> None:
        raise OSError("no room")

    def begin(self, workflow: str | None = None) -> None:
        raise OSError("no room")


def test_a_scope_that_breaks_costs_no_run_and_is_counted():
    losses = Losses()
    handler = RunHandler(Broken(lambda table, row: True, losses, about()), losses)
    assert chain("one").invoke({}, {"callbacks": [handler]})["done"] == ["one"]
    assert losses.errors["handler: OSError"] > 0


class Hostile:
    """Whatever it is asked, it raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __str__(self) -> str:
        raise RuntimeError("str")

    __repr__ = __str__


IDS = [uuid.UUID(int=number) for number in range(4)]
junk = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.builds(Hostile),
)
ids = st.one_of(st.sampled_from(IDS), junk)
metadata = st.one_of(
    junk,
    st.dictionaries(
        st.sampled_from(["langgraph_node", "langgraph_checkpoint_ns", "langgraph_step"]), junk
    ),
)
tags = st.one_of(junk, st.lists(st.one_of(st.just("graph:step:1"), junk), max_size=3))
EVENTS = [
    "on_chain_start",
    "on_chain_end",
    "on_chain_error",
    "on_tool_start",
    "on_tool_end",
    "on_tool_error",
    "on_llm_start",
    "on_chat_model_start",
    "on_llm_new_token",
    "on_llm_end",
    "on_llm_error",
]
EVENTS_WITH_ONE = {name for name in EVENTS if not name.endswith("_start")}
event = st.fixed_dictionaries(
    {
        "name": st.sampled_from(EVENTS),
        "first": junk,
        "second": junk,
        "run_id": ids,
        "parent_run_id": ids,
        "tags": tags,
        "metadata": metadata,
        "invocation_params": metadata,
    }
)


@given(events=st.lists(event, max_size=12))
def test_no_event_makes_the_handler_raise(events):
    losses = Losses()
    handler = RunHandler(RunScope(lambda row: True, losses, about()), losses)
    for one in events:
        name, first, second = one.pop("name"), one.pop("first"), one.pop("second")
        said = (first,) if name in EVENTS_WITH_ONE else (first, second)
        getattr(handler, name)(*said, **one)
    handler.place("anything")
    assert handler.raise_error is False


@given(events=st.lists(event, max_size=12), ending=st.sampled_from(["end", "error"]))
def test_a_node_among_nonsense_is_still_a_row(events, ending):
    losses, put = Losses(), []
    scope = RunScope(lambda row: put.append(row) or True, losses, about())
    handler = RunHandler(scope, losses)
    root, node = uuid.uuid4(), uuid.uuid4()
    about_node = {"langgraph_node": "work", "langgraph_step": 1, "langgraph_checkpoint_ns": "w:1"}
    handler.on_chain_start({}, {}, run_id=root, name="graph")
    handler.on_chain_start(
        {}, {}, run_id=node, parent_run_id=root, tags=["graph:step:1"], metadata=about_node
    )
    for one in events:
        name, first, second = one.pop("name"), one.pop("first"), one.pop("second")
        said = (first,) if name in EVENTS_WITH_ONE else (first, second)
        getattr(handler, name)(*said, **one)
    if ending == "end":
        handler.on_chain_end({}, run_id=node)
    else:
        handler.on_chain_error(ValueError("its own"), run_id=node)
    rows = [one.values for one in built(put, losses) if one.table == "node_runs"]
    found = [row for row in rows if row["run_id"] == node]
    assert [(row["node"], row["status"]) for row in found] == [
        ("work", "ok" if ending == "end" else "error")
    ]
