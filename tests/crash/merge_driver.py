"""Runs the safe-merge plan in children of a process that has everything imported.

    python -m tests.crash.merge_driver

Orders come as JSON lines on stdin: `home`, `repo`, and `variables` for a new run or `resume` with
the id of one; `kill`, an event's [kind, step] at which the child kills itself; `stop`: the run is
cancelled from the start, so that only its cleanup runs; `pid`, a file that gets the child's number.
The answer to each is a JSON line: `killed`, `run` (its id), `status`, `started` (the steps that
were), `error`, and `orphans`, the command lines of what was still alive some seconds after it.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from gatewright.domain.errors import GatewrightError
from gatewright.domain.plan_run import PlanEvent
from gatewright.orchestration.plans import Plans
from gatewright.settings import load_settings
from tests.support.merges import SAFE_MERGE

Order = dict[str, Any]

_SET_CHILD_SUBREAPER = 36
_GONE_S = 10.0
"""In which a dead process's descendants must be gone; generous, for loaded machines."""


def main() -> None:
    """Serve orders until stdin ends."""
    # Whoever loses its parent becomes our child: no orphan can hide.
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _say(ready=True)
    for line in sys.stdin:
        _serve(json.loads(line))


def _serve(order: Order) -> None:
    writing = os.memfd_create("said")
    pid = os.fork()
    if pid == 0:
        _child(order, writing)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(writing, "rb") as file:
        file.seek(0)
        lines = [json.loads(line) for line in file]
    said: dict[str, Any] = {"started": [one["step"] for one in lines if "step" in one]}
    for one in lines:
        said |= {key: value for key, value in one.items() if key != "step"}
    _say(killed=os.WIFSIGNALED(status), orphans=_orphans(), **said)


def _orphans() -> list[str]:
    """What is still alive after a while of those who became our children; it is killed then."""
    until = time.monotonic() + _GONE_S
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            time.sleep(0.005)
    left = [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    lines = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:200] for pid in left]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return lines


def _child(order: Order, writing: int) -> None:
    def tell(**fields: Any) -> None:
        os.write(writing, json.dumps(fields).encode() + b"\n")

    def heard(event: PlanEvent) -> None:
        tell(run=event.run_id, **({"step": event.step} if event.kind == "step_started" else {}))
        if order.get("kill") == [event.kind, event.step]:
            os.kill(os.getpid(), signal.SIGKILL)

    if "pid" in order:
        Path(order["pid"]).write_text(str(os.getpid()))
    try:
        tell(status=asyncio.run(_run(order, heard)))
    except GatewrightError as error:
        tell(error=f"{type(error).__name__}: {error}")


async def _run(order: Order, heard: Any) -> str:
    stop = asyncio.Event()
    if order.get("stop"):
        stop.set()
    async with Plans(load_settings(home=Path(order["home"]))) as plans:
        if "resume" in order:
            run = await plans.aresume(order["resume"], on_event=heard, stop=stop)
        else:
            run = await plans.arun(
                SAFE_MERGE,
                variables=order["variables"],
                directory=Path(order["repo"]),
                on_event=heard,
                stop=stop,
            )
        return run.status


def _say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    main()
