"""Burns of a known size, and a handler that does nothing but read the meter around nodes."""

import gc
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypedDict
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langgraph.graph import END, START, StateGraph

from gatewright.telemetry.meters import METER, Reading


class State(TypedDict, total=False):
    done: Annotated[list[str], list.__add__]


@pytest.fixture(autouse=True)
def collector_off() -> Iterator[None]:
    """A collection is the work of whomever it happens to; here it would take 90 ms of anybody."""
    gc.disable()
    yield
    gc.enable()


def burn(thread_ms: float) -> None:
    """Use so much CPU on this thread: exact on a loaded machine, too."""
    end = time.thread_time() + thread_ms / 1000
    while time.thread_time() < end:
        pass


def near(wanted_ms: float) -> "Near":
    """Within 5 %, or 3 ms where that is more."""
    return Near(wanted_ms)


class Near:
    def __init__(self, wanted_ms: float) -> None:
        self.wanted = wanted_ms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and abs(other - self.wanted) <= max(3, self.wanted * 0.05)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.wanted:g} ms or so"


class Clocks(BaseCallbackHandler):
    """Meters every node of a graph; `took` has the columns by the node's name."""

    run_inline = True
    raise_error = True

    def __init__(self) -> None:
        self._begun: dict[UUID, tuple[str, Reading]] = {}
        self.took: dict[str, dict[str, Any]] = {}

    def on_chain_start(self, *args: Any, run_id: UUID, **kwargs: Any) -> None:
        if any(tag.startswith("graph:step:") for tag in kwargs.get("tags") or ()):
            name = kwargs["metadata"]["langgraph_node"]
            self._begun[run_id] = (name, METER.start(run_id))

    def on_chain_end(self, *args: Any, run_id: UUID, **kwargs: Any) -> None:
        if run_id in self._begun:
            name, begun = self._begun.pop(run_id)
            self.took[name] = METER.stop(begun).columns()

    on_chain_error = on_chain_end

    def cpu(self) -> dict[str, tuple[str, float]]:
        """How the CPU of each node is known, and how much it was, in ms."""
        return {name: (row["cpu_method"], row["cpu_ms"]) for name, row in self.took.items()}


def side_by_side(**nodes: Callable[..., Any]) -> Any:
    """A graph of nodes that are all under way at the same time."""
    builder = StateGraph(State)
    for name, node in nodes.items():
        builder.add_node(name, node)
        builder.add_edge(START, name)
        builder.add_edge(name, END)
    return builder.compile()


async def arun(**nodes: Callable[..., Any]) -> Clocks:
    """Run nodes side by side on this loop."""
    clocks = Clocks()
    await side_by_side(**nodes).ainvoke({}, {"callbacks": [clocks]})
    return clocks
