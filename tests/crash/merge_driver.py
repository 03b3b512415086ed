"""Runs the safe-merge plan in children of a process that has everything imported.

    python -m tests.crash.merge_driver

Orders come as JSON lines on stdin: `home`, `repo`, and `variables` for a new run or `resume` with
the id of one; `kill`, an event's [kind, step] at which the child kills itself; `stop`: the run is
cancelled from the start, so that only its cleanup runs; `pid`, a file that gets the child's number.
The answer to each is a JSON line: `killed`, `run` (its id), `status`, `started` (the steps that
were), `error`, and `orphans`, the command lines of what was still alive some seconds after it.
"""

import asyncio
import json
import os
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

from gatewright.domain.errors import GatewrightError
from gatewright.domain.plan_run import PlanEvent
from gatewright.orchestration.plans import Plans
from gatewright.settings import load_settings
from tests.crash.children import Order, orphans, say, serve
from tests.support.merges import SAFE_MERGE

_LATE = (
    *("gatewright.orchestration.walking", "gatewright.orchestration.sandboxed"),
    *("gatewright.plans.launching.client", "gatewright.telemetry.commands", "duckdb"),
)
"""What a run imports when it comes to it, which takes longer than all else that it does."""


def main() -> None:
    """Serve orders until stdin ends."""
    for name in _LATE:
        import_module(name)
    serve(_serve)


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
    say(killed=os.WIFSIGNALED(status), orphans=orphans(), **said)


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


if __name__ == "__main__":
    main()
