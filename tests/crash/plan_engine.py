"""A process that runs a plan, or goes on with its run, and kills itself at one of the events."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from gatewright.domain.plan_run import PlanEvent
from gatewright.orchestration import walking
from gatewright.orchestration.plans import Plans

RUN_ID = "killed"
_WALKING = walking
"""Imported before the process is forked."""


class Death(NamedTuple):
    """When to die; never, where that does not come."""

    event: int
    """The number of the event, counted from the process's start."""
    later_s: float | None = None
    """So long after it, with steps running; None: at once, before what it announces is begun."""


def engine(folder: Path, death: Death | None, run_id: str = RUN_ID) -> int | None:
    """Start the process and wait for its end; its exit code, negative for a signal."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process: ForkServerProcess = context.Process(target=_run, args=(folder, death, run_id))
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
        raise AssertionError("the engine did not end")
    return process.exitcode


def plans(folder: Path) -> Plans:
    """The plans of the home there."""
    return Plans(home=folder / "home", telemetry={"enabled": False})


def _run(folder: Path, death: Death | None, run_id: str) -> None:
    heard = 0

    def tell(event: PlanEvent) -> None:
        nonlocal heard
        heard += 1
        if death is None or heard != death.event:
            return
        if death.later_s is None:
            os.kill(os.getpid(), signal.SIGKILL)
        timer = threading.Timer(death.later_s, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()

    with plans(folder) as own:
        if own.runs():
            own.resume(run_id, on_event=tell)
        else:
            own.run(folder / "plan.json", run_id=run_id, max_concurrency=2, on_event=tell)
