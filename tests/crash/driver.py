"""Runs tasks in children of a process that has everything imported, and lets them be killed.

    python -m tests.crash.driver

Orders come as JSON lines on stdin: `home`, `flags`, and `task` (or `task_id` to resume); with
`kill_at` ({"kind": ..., "node": ...}) the child sends itself SIGKILL at the first event that fits.
For every child there is a line `{"pid": n}` at its start and one at its end: `killed`, or its
`result`. The parent does no work of its own, so what a child loses is what a crash loses.
"""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from gatewright.app import Gatewright
from gatewright.domain.events import Event
from gatewright.models.loading import load

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
    def listen(event: Event) -> None:
        wanted = order.get("kill_at")
        if wanted and all(getattr(event, key) == value for key, value in wanted.items()):
            os.kill(os.getpid(), signal.SIGKILL)

    with Gatewright(home=order["home"], **order["flags"]) as gatewright:
        if "task" in order:
            result = await gatewright.arun(order["task"], on_event=listen)
        else:
            result = await gatewright.aresume(order["task_id"], on_event=listen)
    return result.model_dump(mode="json")


def _say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    main()
