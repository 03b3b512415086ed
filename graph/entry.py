"""The develop graph for LangGraph Studio and `langgraph dev`: no checkpointer, no context needed.

A server cannot hand our ports to a run, so each node opens them itself. The composition root lies
above this room and is found by name, as an entry point of the installed distribution
(docs/adr/0004-entry-point-for-the-server.md).
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache, wraps
from importlib.metadata import entry_points
from typing import Any

from langgraph.runtime import Runtime

from gatewright.domain.errors import EnvironmentFault
from graph.context import Context, Options
from graph.develop import Node, build
from graph.state import RunState, RunUpdate

GROUP = "gatewright.provider"


Provider = Callable[[Options], AbstractAsyncContextManager[Context]]


@cache
def provider() -> Provider:
    """The composition root of the installed distribution.

    Raises: EnvironmentFault when Gatewright is not installed but only lies on the path.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == "default"]
    if not found:
        raise EnvironmentFault(
            "Gatewright is on the path but not installed", "Install it: `make install`."
        )
    load: Provider = found[0].load()
    return load


def adapt(node: Node) -> Any:
    """The node with a context that is opened for it."""

    @wraps(node)
    async def opened(state: RunState, runtime: Runtime[Options]) -> RunUpdate:
        async with provider()(runtime.context or Options()) as context:
            return await node(state, runtime.override(context=context))  # type: ignore[arg-type]

    opened.__annotations__ = {"state": RunState, "runtime": Runtime[Options], "return": RunUpdate}
    return opened


provider()
develop = build(context_schema=Options, adapt=adapt).compile(name="develop")
