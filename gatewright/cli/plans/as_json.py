"""Runs of plans as JSON; docs/plans.md lists the keys."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gatewright.domain.plan_run import PlanRun, StepResult

if TYPE_CHECKING:
    from gatewright.orchestration.progress import Progress


def run_json(run: PlanRun) -> dict[str, Any]:
    """A run, without the text of its plan."""
    said = asdict(run)
    del said["plan"]
    return said


def steps_json(steps: Mapping[str, StepResult]) -> dict[str, Any]:
    """Steps by id."""
    return {name: asdict(one) for name, one in steps.items()}


def progress_json(progress: "Progress") -> dict[str, Any]:
    """A run with its steps, and how much of it is over."""
    return {
        **run_json(progress.run),
        "progress_pct": progress.progress_pct,
        "steps": steps_json(progress.steps),
    }


def timeline_json(progress: "Progress") -> list[dict[str, Any]]:
    """Its attempts, in the order in which they were started."""
    return [asdict(one) for one in progress.timeline]
