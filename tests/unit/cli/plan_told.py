"""Events and records of runs of plans, as tests need them."""

from typing import Any

from gatewright.domain.plan_run import PlanEvent, PlanEventKind, PlanRun, StepAttempt

AT = "2026-11-21T10:00:00.000+00:00"


def event(kind: PlanEventKind, step: str | None = None, **fields: Any) -> PlanEvent:
    """One, of the run `r1`."""
    return PlanEvent(kind=kind, run_id="r1", at=AT, step=step, **fields)


def plan_run(**fields: Any) -> PlanRun:
    """The run `r1` of the plan `release`."""
    known: dict[str, Any] = {
        "run_id": "r1",
        "plan_id": "release",
        "plan": "{}",
        "plan_path": "/plans/release.json",
        "variables": {},
        "options": {},
        "folder": "/plans",
        "started_by": "ada@mill",
        "started_at": AT,
    }
    return PlanRun(**{**known, **fields})


def attempt(step: str, **fields: Any) -> StepAttempt:
    """The first attempt of a step."""
    known: dict[str, Any] = {"attempt": 1, "token": "t", "started_at": AT}
    return StepAttempt(run_id="r1", step=step, **{**known, **fields})
