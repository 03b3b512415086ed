"""How far a run of a plan is, as one record that a program can poll."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatewright.domain.plan_run import OVER, PlanRun, PlanRunStatus, StepAttempt, StepResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A run as it stands."""

    run: PlanRun
    progress_pct: float
    """Of the run's steps, how many are over: 0 to 100, and 100 only when all are."""
    status: PlanRunStatus
    steps: Mapping[str, StepResult]
    """All steps of the run in the plan's order, those that have not begun included."""
    timeline: tuple[StepAttempt, ...]
    """Every attempt, in the order in which they were started."""


def progress_of(
    run: PlanRun, results: Mapping[str, StepResult], attempts: Sequence[StepAttempt]
) -> Progress:
    """What the store's records come to."""
    running = {one.step: one for one in attempts if one.ended_at is None}
    counted: dict[str, int] = {}
    for one in attempts:
        counted[one.step] = max(counted.get(one.step, 0), one.attempt)
    alive = run.status == "running"
    steps = {}
    for step in step_ids(run):
        if step in results:
            steps[step] = results[step]
            continue
        status: Any = "running" if alive and step in running else "pending"
        steps[step] = StepResult(status=status, attempts=counted.get(step, 0))
    return Progress(
        run=run,
        progress_pct=percent(steps),
        status=run.status,
        steps=steps,
        timeline=tuple(attempts),
    )


def percent(steps: Mapping[str, StepResult]) -> float:
    """How many of the steps are over, 0 to 100 with one decimal; of no step, 100."""
    over = sum(one.status in OVER for one in steps.values())
    if over == len(steps):
        return 100.0
    return min(99.9, round(100 * over / len(steps), 1))


def step_ids(run: PlanRun) -> tuple[str, ...]:
    """The steps that the run is about, in the plan's order: all, or those chosen."""
    # Not checked again: a program polls this, and the plan was checked when it was begun.
    plan = json.loads(run.plan)
    ids = tuple(str(step["id"]) for step in plan["steps"])
    if (chosen := run.options.get("steps")) is None:
        return ids
    wanted = set(chosen)
    return tuple(one for one in ids if one in wanted)
