"""Runs and events of plans, as the engine tells them."""

from collections.abc import Callable
from typing import Any

from gatewright.domain.entry import Process
from gatewright.domain.plan_run import PlanEvent, PlanRun
from gatewright.storage.processes import this_process

AT = "2026-01-01T10:00:00.000+00:00"


def run(run_id: str = "r1", **more: Any) -> PlanRun:
    values: dict[str, Any] = {
        "plan_id": "p",
        "plan": '{"plan_id":"p","steps":[{"id":"a","command":"true"}]}',
        "plan_path": "/src/p.json",
        "variables": {"WHO": "world"},
        "options": {"max_concurrency": 2},
        "folder": "/src",
        "started_by": "ada@mill",
        "started_at": AT,
    }
    return PlanRun(run_id=run_id, **{**values, **more})


def event(kind: Any, run_id: str = "r1", **more: Any) -> PlanEvent:
    return PlanEvent(kind=kind, run_id=run_id, at=AT, **more)


def started(step: str = "a", attempt: int = 1, **more: Any) -> PlanEvent:
    token = f"t-{step}-{attempt}"
    return event("step_started", step=step, attempt=attempt, token=token, **more)


def ended(step: str = "a", attempt: int | None = 1, status: str = "succeeded", **more: Any) -> Any:
    return event("step_ended", step=step, attempt=attempt, status=status, **more)


def of_process(**more: Any) -> Callable[[], Process]:
    """A process that this one is not."""
    mine = this_process()
    values = {"host": mine.host, "pid": 2**22 + 1, "started": "1", "boot": mine.boot}
    return lambda: Process(**{**values, **more})
