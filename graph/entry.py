"""The develop graph for LangGraph Studio and `langgraph dev`: no checkpointer, no context needed.

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
from graph.state import RunState, RunUpdate

GROUP = "gatewright.server"


@cache
def serving(name: str) -> Any:
    """`provide` or `observe` of the installed distribution's `gatewright.serving`.

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


graph = build(context_schema=Options, adapt=adapt).compile(name="develop")
"""To be drawn, or run by whoever keeps the checkpoints."""
serving("provide")  # its imports are slow, and fail at the start if they must


@asynccontextmanager
async def develop(config: RunnableConfig, runtime: ServerRuntime[Options]) -> AsyncIterator[Any]:
    """What a LangGraph server runs: the graph, and for a run the sidecar's callbacks with it."""
    thread_id = config.get("configurable", {}).get("thread_id")
    if runtime.execution_runtime is None or thread_id is None:
        yield graph
        return
    async with serving("observe")(str(thread_id)) as callbacks:
        yield graph.with_config(callbacks=callbacks)
