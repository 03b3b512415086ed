"""Runs tasks in children of a process that has everything imported, and lets them be killed.

    python -m tests.crash.driver

Orders come as JSON lines on stdin: `home`, `flags` and `task`; with `kill_at` ({"kind": ...,
"node": ..., "attempt": ...}) the child sends itself SIGKILL in the very place where that happens
first. It is no listener that does so: an event reaches a listener when the node has gone on.
For every child there is a line `{"pid": n}` at its start and one at its end: `killed`, or its
`result`. The parent does no work of its own, so what a child loses is what a crash loses.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from langgraph.runtime import Runtime

from gatewright.app import Gatewright
from gatewright.domain.events import Event, EventKind
from gatewright.models.loading import load
from graph.context import Context
from graph.develop import NODES, Node
from graph.edges import step_label
from graph.state import RunState, RunUpdate
from nodes.desk import Desk

Order = dict[str, Any]


def main() -> None:
    """Serve orders until stdin ends."""
    asyncio.run(_warm())
    _say(ready=True)
    for line in sys.stdin:
        _serve(json.loads(line))


async def _warm() -> None:
    await load()
    import langgraph.checkpoint.sqlite.aio  # noqa: F401


def _serve(order: Order) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        result = asyncio.run(_run(order))
        os.write(writing, json.dumps(result).encode())
        os._exit(0)
    os.close(writing)
    _say(pid=pid)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    _say(killed=killed, result=json.loads(said) if said else None)


async def _run(order: Order) -> Any:
    reached = _killer(order.get("kill_at"))

    def listen(event: Event) -> None:
        if event.kind == "interrupted":  # nothing goes on after it
            reached(kind=event.kind)

    with Gatewright(home=order["home"], **order["flags"]) as gatewright:
        result = await gatewright.arun(order["task"], on_event=listen)
    return result.model_dump(mode="json")


def _killer(death: dict[str, Any] | None) -> Callable[..., None]:
    """Watch the nodes of this process: their starts, their ends before anything of the result is
    kept, and what they say meanwhile."""

    def reached(**here: Any) -> None:
        if death and all(here.get(key) == value for key, value in death.items()):
            os.kill(os.getpid(), signal.SIGKILL)

    def emit(desk: Desk, kind: EventKind, **fields: Any) -> None:
        said(desk, kind, **fields)
        reached(node=desk.node, kind=kind, **fields)

    said = Desk.emit
    Desk.emit = emit  # type: ignore[method-assign]
    for name, node in NODES.items():
        NODES[name] = _watched(name, node, reached)
    return reached


def _watched(name: str, node: Node, reached: Callable[..., None]) -> Node:
    @wraps(node)
    async def watched(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
        attempt = state.attempts.get(step_label(state), 0) + 1 if state.plan else None
        reached(node=name, kind="node_started", attempt=attempt)
        update = await node(state, runtime)
        reached(node=name, kind="node_ended", attempt=attempt)
        return update

    return watched


def _say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    main()
