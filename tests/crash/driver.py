"""Runs tasks in children of a process that has everything imported, and lets them be killed.

    python -m tests.crash.driver

Orders come as JSON lines on stdin, and answers as JSON lines on stdout. An order is a run:
`home`, `flags` (settings), and what is done there, one of
  task      a task: run it, or go on with it
  resume    {"task_id", "action", "note", "budget", ...}: `Gatewright.aresume`
  call      {"name", ...}: any other coroutine of `Gatewright`, with these arguments
  cli       the command line's arguments; the result has its `code` and its `output`
and, if it is not to be left alone,
  at        {"kind": ..., "node": ..., "attempt": ...}: an event (`model_called`, ...), or a node's
            `node_started` or `node_ended`. The child is in the very place where it happens: an
            event reaches a listener when the node has gone on
  point     [label, nth]: one of `tests.crash.boundaries`
  act       what happens there, once: "kill" (SIGKILL, unless said otherwise), "stop" (SIGSTOP), or
            ["fill", path]: the disk is filled by this file, and the child goes on
`trace` has the result name all points that were passed.

For every child there is a line `{"pid": n}` at its start and one at its end: `killed`, its
`result` or `error`, the `points`, and `orphans`: the command lines of its descendants that were
still alive some seconds after it. A stopped child gives a line `{"stopped": true}`, and the next
order is {"then": "kill"} or {"then": "go on"}. The parent does no work of its own, so what a child
loses is what a crash loses.
"""

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from gatewright.app import Gatewright
from gatewright.domain.errors import GatewrightError
from gatewright.domain.events import Event, EventKind
from gatewright.models.loading import load
from graph.context import Context
from graph.develop import NODES, Node
from graph.edges import step_label
from graph.state import RunState, RunUpdate
from nodes.desk import Desk
from tests.crash.boundaries import Boundaries, Point
from tests.crash.children import Order, orphans, say, serve


def main() -> None:
    """Serve orders until stdin ends."""
    asyncio.run(_warm())
    serve(_serve)


async def _warm() -> None:
    await load()
    for late in ("langgraph.checkpoint.sqlite.aio", "gatewright.cli.main", "gatewright.tasks.jobs"):
        import_module(late)


def _serve(order: Order) -> None:
    writing = os.memfd_create("result")
    pid = os.fork()
    if pid == 0:
        said = json.dumps(_child(order)).encode()
        os.write(writing, said)
        os._exit(0)
    say(pid=pid)
    _, status = os.waitpid(pid, os.WUNTRACED)
    while os.WIFSTOPPED(status):
        say(stopped=True)
        then = json.loads(sys.stdin.readline())["then"]
        os.kill(pid, signal.SIGKILL if then == "kill" else signal.SIGCONT)
        _, status = os.waitpid(pid, os.WUNTRACED)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    with os.fdopen(writing, "rb") as file:
        file.seek(0)
        text = file.read()
    said = json.loads(text) if text else {"result": None}
    say(killed=killed, orphans=orphans(), **said)


def _child(order: Order) -> dict[str, Any]:
    points: list[Point] = []
    disturb = _disturbance(order)
    if order.get("point") or order.get("trace"):
        wanted = Point(*order["point"]) if order.get("point") else None

        def reached(point: Point) -> None:
            points.append(point)
            if point == wanted:
                disturb()

        Boundaries(Path(order["home"]).parent, reached=reached).listen()
    _watch_nodes(order.get("at"), disturb)
    try:
        said = _cli(order) if "cli" in order else asyncio.run(_run(order, disturb))
    except GatewrightError as error:
        said = {"error": type(error).__name__, "message": str(error), "code": error.exit_code}
    except Exception as error:  # noqa: BLE001 - the test says whether it may come to that
        trace = "".join(traceback.format_exception(error)[-8:])
        said = {"error": type(error).__name__, "message": f"{error}\n{trace}", "code": None}
    return {**said, "points": points if order.get("trace") else []}


def _cli(order: Order) -> dict[str, Any]:
    from gatewright.cli.main import main as command

    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["gatewright", *order["cli"]]
    os.environ["GATEWRIGHT_HOME"] = str(order["home"])
    os.environ["GATEWRIGHT_CONFIG"] = order["config"]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            command()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
    return {"code": code, "output": out.getvalue(), "errors": err.getvalue()}


async def _run(order: Order, disturb: Callable[[], None]) -> dict[str, Any]:
    def listen(event: Event) -> None:
        if order.get("at") == {"kind": event.kind} == {"kind": "interrupted"}:
            disturb()  # nothing goes on after it

    with Gatewright(home=order["home"], **order["flags"]) as gatewright:
        result = await _done(gatewright, order, listen)
    return {"result": result.model_dump(mode="json") if hasattr(result, "model_dump") else result}


async def _done(gatewright: Gatewright, order: Order, listen: Callable[[Event], None]) -> Any:
    if "task" in order:
        return await gatewright.arun(order["task"], on_event=listen)
    if "resume" in order:
        given = dict(order["resume"])
        return await gatewright.aresume(given.pop("task_id"), **given, on_event=listen)
    given = dict(order["call"])
    return await getattr(gatewright, given.pop("name"))(**given)


def _disturbance(order: Order) -> Callable[[], None]:
    """What happens at the place that the order names, the first time that it is reached."""
    act, done = order.get("act", "kill"), False

    def disturb() -> None:
        nonlocal done
        if done:
            return
        done = True
        if act == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif act == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            _fill(Path(act[1]))

    return disturb


def _fill(path: Path) -> None:
    """To the last byte."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def _watch_nodes(at: dict[str, Any] | None, disturb: Callable[[], None]) -> None:
    """Watch the nodes of this process: their starts, their ends before anything of the result is
    kept, and what they say meanwhile."""
    if not at:
        return

    def reached(**here: Any) -> None:
        if all(here.get(key) == value for key, value in at.items()):
            disturb()

    def emit(desk: Desk, kind: EventKind, **fields: Any) -> None:
        said(desk, kind, **fields)
        reached(node=desk.node, kind=kind, **fields)

    said = Desk.emit
    Desk.emit = emit  # type: ignore[method-assign]
    for name, node in NODES.items():
        NODES[name] = _watched(name, node, reached)


def _watched(name: str, node: Node, reached: Callable[..., None]) -> Node:
    @wraps(node)
    async def watched(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
        attempt = state.attempts.get(step_label(state), 0) + 1 if state.plan else None
        reached(node=name, kind="node_started", attempt=attempt)
        update = await node(state, runtime)
        reached(node=name, kind="node_ended", attempt=attempt)
        return update

    return watched


if __name__ == "__main__":
    main()
