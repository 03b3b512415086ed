"""The graphs for LangGraph Studio and `langgraph dev`: no checkpointer, no context needed.

A server cannot hand our ports to a run, so each node opens them itself. The composition root lies
above this room and is found by name, as entry points of the installed distribution
(docs/adr/0004-entry-point-for-the-server.md).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, wraps
from importlib.metadata import entry_points
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime

from gatewright.domain.errors import EnvironmentFault
from graph.context import Options
from graph.develop import Node, build
from graph.plan import PlanNode
from graph.plan import build as build_plan
from graph.plan_context import PlanOptions
from graph.plan_state import PlanState, PlanUpdate
from graph.state import RunState, RunUpdate

GROUP = "gatewright.server"


@cache
def serving(name: str) -> Any:
    """An entry point of the installed distribution: `provide`, `observe` or `provide_plan`.

    Raises: EnvironmentFault when Gatewright is not installed but only lies on the path.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        raise EnvironmentFault(
            "Gatewright is on the path but not installed, or an older one is",
            "Install it: `make install`.",
        )
    return found[0].load()


def adapt(node: Node) -> Any:
    """The node with a context that is opened for it."""

    @wraps(node)
    async def opened(state: RunState, runtime: Runtime[Options]) -> RunUpdate:
        info = runtime.execution_info
        provided = serving("provide")(
            runtime.context or Options(),
            thread_id=info.thread_id if info else None,
            task=state.task,
        )
        async with provided as context:
            own: Any = runtime.override(context=context)  # a Runtime[Context] now
            return await node(state, own)

    opened.__annotations__ = {"state": RunState, "runtime": Runtime[Options], "return": RunUpdate}
    return opened


def adapt_plan(node: PlanNode) -> Any:
    """The same for a node of the plan graph."""

    @wraps(node)
    async def opened(state: PlanState, runtime: Runtime[PlanOptions]) -> PlanUpdate:
        provided = serving("provide_plan")(runtime.context or PlanOptions(), run_id=state.run_id)
        async with provided as context:
            own: Any = runtime.override(context=context)  # a Runtime[PlanContext] now
            return await node(state, own)

    opened.__annotations__ = {
        "state": PlanState,
        "runtime": Runtime[PlanOptions],
        "return": PlanUpdate,
    }
    return opened


graph = build(context_schema=Options, adapt=adapt).compile(name="develop")
"""To be drawn, or run by whoever keeps the checkpoints."""
plan_graph = build_plan(context_schema=PlanOptions, adapt=adapt_plan).compile(name="plan")
"""The same."""
serving("provide")  # its imports are slow, and fail at the start if they must
serving("provide_plan")


@asynccontextmanager
async def develop(config: RunnableConfig, runtime: ServerRuntime[Options]) -> AsyncIterator[Any]:
    """What a LangGraph server runs: the graph, and for a run the sidecar's callbacks with it."""
    async with _observed(graph, config, runtime) as own:
        yield own


@asynccontextmanager
async def plan(config: RunnableConfig, runtime: ServerRuntime[PlanOptions]) -> AsyncIterator[Any]:
    """The same of the plan graph."""
    async with _observed(plan_graph, config, runtime) as own:
        yield own


@asynccontextmanager
async def _observed(
    compiled: Any, config: RunnableConfig, runtime: ServerRuntime[Any]
) -> AsyncIterator[Any]:
    thread_id = config.get("configurable", {}).get("thread_id")
    if runtime.execution_runtime is None or thread_id is None:
        yield compiled
        return
    async with serving("observe")(str(thread_id)) as callbacks:
        yield compiled.with_config(callbacks=callbacks)
