"""Deterministic checks of a plan; they run alone or before a model's review."""

from pathlib import PurePosixPath

from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan
from gatewright.domain.review import Review
from gatewright.domain.task import Risk, Task

MOST_STEPS: dict[Risk, int] = {"low": 5, "medium": 10, "high": 20}
"""A low-risk task that needs many steps is not low risk, or not one task."""


def check_plan(task: Task, plan: Plan) -> Review:
    """Number of steps by risk, safe paths, no step without its own purpose or before what it
    depends on."""
    findings: list[Finding] = []
    if len(plan.steps) > MOST_STEPS[task.risk]:
        findings.append(
            _finding(
                f"{len(plan.steps)} steps for a task of {task.risk} risk; "
                f"at most {MOST_STEPS[task.risk]}"
            )
        )
    seen: set[str] = set()
    for number, step in enumerate(plan.steps, start=1):
        if step.what in seen:
            findings.append(_finding(f"step {number} says the same as a step before it"))
        seen.add(step.what)
        findings += [
            _finding(
                f"step {number} says that it depends on step {needed}; name steps before it, "
                "by their numbers from 1"
            )
            for needed in step.depends_on or ()
            if not 1 <= needed < number
        ]
        findings += [
            _finding(f"step {number} names the unsafe path {path!r}", file=path)
            for path in step.files
            if _unsafe(path)
        ]
    if findings:
        return Review(verdict="rejected", why="The plan breaks a rule.", findings=tuple(findings))
    return Review(verdict="approved", why="The plan keeps every rule.")


def _unsafe(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return (
        not parts or path.startswith("/") or ".." in parts or ".git" in [p.lower() for p in parts]
    )


def _finding(message: str, *, file: str | None = None) -> Finding:
    return Finding(check="plan_rules", message=message, file=file)
