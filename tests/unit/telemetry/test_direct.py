"""The short way from LangChain to the handler: what is heard is the same, and it is shorter."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import (
    AsyncCallbackManager,
    BaseCallbackHandler,
    CallbackManager,
)
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.config import var_child_runnable_config

from gatewright.telemetry import direct
from gatewright.telemetry.direct import AsyncDirectRun, DirectManager, DirectRun
from gatewright.telemetry.handler import RunHandler
from gatewright.telemetry.queue import Losses
from gatewright.telemetry.scope import RunScope
from tests.unit.telemetry.graphs import (
    State,
    about,
    ainvoke,
    asking,
    chain,
    config,
    flaky,
    invoke,
    nested,
    rows,
    single,
)


def configure() -> Any:
    """What stands in LangChain's class."""
    return AsyncCallbackManager.__dict__["configure"]


def plain_configure() -> Any:
    """The same for plain code."""
    return CallbackManager.__dict__["configure"]


CONFIGURE = [configure, plain_configure]


def handler() -> RunHandler:
    losses = Losses()
    return RunHandler(RunScope(lambda row: True, losses, about()), losses)


def failing(state: State) -> State:
    raise LookupError("no such thing")


async def chained(state: State) -> State:
    """Runs a chain inside a node."""
    answer = await (RunnableLambda(str.upper) | RunnableLambda(str.lower)).ainvoke("Done")
    return {"done": [answer]}


def chained_plainly(state: State) -> State:
    """The same in plain code."""
    return {"done": [(RunnableLambda(str.upper) | RunnableLambda(str.lower)).invoke("Done")]}


GRAPHS: dict[str, Callable[[], Any]] = {
    "chain": lambda: chain("one", "two"),
    "nested": nested,
    "flaky": lambda: flaky(2),
    "asking": lambda: single(asking),
    "failing": lambda: single(failing),
    "chained": lambda: single(chained),
    "chained plainly": lambda: single(chained_plainly),
}

COLUMNS = ("node", "path", "kind", "step", "attempt", "status", "error_type")


class Silent(BaseCallbackHandler):
    """Beside it, LangChain's own way is gone."""

    run_inline = True


def run_plainly(graph: Any, given: Any) -> None:
    graph.invoke({}, given)


def run_on_a_loop(graph: Any, given: Any) -> None:
    asyncio.run(graph.ainvoke({}, given))


CASES = [(run_on_a_loop, name) for name in GRAPHS]
CASES += [(run_plainly, name) for name in GRAPHS if name != "chained"]


@pytest.mark.parametrize(("run", "name"), CASES)
def test_rows_are_those_that_come_by_langchains_own_way(sidecar, folder, run, name):
    for others in ([], [Silent()]):
        with sidecar.run(**about()) as scope, suppress(LookupError):
            run(GRAPHS[name](), {**config(scope), "callbacks": [scope.handler, *others]})
    sidecar.flush()
    found = rows(folder, "node_runs", *COLUMNS)
    half = len(found) // 2
    assert half
    assert found[:half] == found[half:]
    assert len(set(rows(folder, "runs", "status", "error_type"))) == 1


async def test_a_nodes_end_makes_no_task_of_its_own(sidecar):
    made: Counter[str] = Counter()
    loop = asyncio.get_running_loop()

    def factory(loop: Any, coro: Any, **given: Any) -> Any:
        made[coro.__qualname__] += 1
        return asyncio.Task(coro, loop=loop, **given)

    loop.set_task_factory(factory)
    await chain("one", "two").ainvoke({})
    ends = {name: times for name, times in made.items() if "on_chain_end" in name}
    assert sum(ends.values()) == 3  # the graph's own as well
    made.clear()
    await ainvoke(sidecar, chain("one", "two"))
    assert [name for name in made if "on_chain_end" in name] == []


def test_plain_code_goes_the_short_way_as_well(sidecar):
    found = []

    def work(state: State) -> State:
        found.append(type((var_child_runnable_config.get() or {}).get("callbacks")))
        return {}

    invoke(sidecar, single(work))
    assert found == [DirectManager]


@pytest.mark.parametrize("configure", CONFIGURE)
async def test_langchain_is_as_it_was_when_the_last_run_has_ended(sidecar, configure):
    before = configure()
    with sidecar.run(**about("t1")):
        with pytest.raises(LookupError), sidecar.run(**about("t2")):
            raise LookupError("the inner run fails")
        assert configure() is not before
    assert configure() is before


class Listener(BaseCallbackHandler):
    """Another's; inline, so that the order is certain."""

    run_inline = True

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.names: dict[UUID, str] = {}

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        name: str = "",
        **kwargs: Any,
    ) -> None:
        self.names[run_id] = name
        self.heard.append((name, self.names.get(parent_run_id or run_id), tags))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self.heard.append((self.names[run_id], outputs))


async def test_beside_us_another_hears_what_it_hears_alone(sidecar, folder):
    alone, beside = Listener(), Listener()
    graph = nested()
    await graph.ainvoke({}, {"callbacks": [alone], "tags": ["mine"]})
    with sidecar.run(**about()) as run:
        await graph.ainvoke({}, {"callbacks": [run.handler, beside], "tags": ["mine"]})
    sidecar.flush()
    assert beside.heard == alone.heard
    assert rows(folder, "node_runs", "path") == ["outer", "outer/inner"]


async def test_who_joins_inside_a_node_hears_the_chain_there(sidecar):
    joined = Listener()

    async def work(state: State) -> State:
        await RunnableLambda(str.upper, name="upper").ainvoke("done", {"callbacks": [joined]})
        return {}

    await ainvoke(sidecar, single(work))
    assert joined.heard == [("upper", "upper", []), ("upper", "DONE")]


async def test_whoever_stands_before_us_meanwhile_stays_there(sidecar, folder):
    before = configure()
    called = []

    def theirs(cls: Any, *args: Any, **kwargs: Any) -> Any:
        called.append(cls)
        return ours.__get__(None, cls)(*args, **kwargs)

    try:
        with sidecar.run(**about("t1")):
            ours = configure()
            AsyncCallbackManager.configure = standing = classmethod(theirs)  # type: ignore[assignment, method-assign]
        assert configure() is standing
        await ainvoke(sidecar, chain("one"))
        assert configure() is standing
    finally:
        AsyncCallbackManager.configure = before
    sidecar.flush()
    assert called
    assert rows(folder, "node_runs", "node") == ["one"]


def test_a_forked_child_has_langchains_own():
    before = configure()
    direct.enter()
    try:
        child = os.fork()
        if not child:
            os._exit(0 if configure() is before else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert configure() is not before
    finally:
        direct.leave()


WORDS = st.text("ab:1", max_size=3)
METADATA = st.dictionaries(WORDS, st.integers() | WORDS, max_size=3)


@given(
    run=st.sampled_from([DirectRun, AsyncDirectRun]),
    tag=st.none() | WORDS,
    tags=st.lists(WORDS, max_size=3),
    metadata=METADATA,
    others=st.integers(0, 2),
)
def test_a_child_inherits_what_langchain_hands_down(run, tag, tags, metadata, others):
    handlers = [handler(), *(Listener() for _ in range(others))]
    given: dict[str, Any] = {
        "run_id": uuid4(),
        "handlers": handlers,
        "inheritable_handlers": handlers,
        "tags": [*tags, "own"],
        "inheritable_tags": tags,
        "metadata": {**metadata, "own": 1},
        "inheritable_metadata": metadata,
    }
    child = vars(run(**given).get_child(tag))
    assert child == vars(run.__base__(**given).get_child(tag))
    kept = [id(value) for value in child.values() if isinstance(value, list | dict)]
    assert len(set(kept)) == len(kept)  # nobody's changes are another's
