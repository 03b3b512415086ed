"""The planner that needs no model: one step that states the task as it is."""

from gatewright.domain.plan import Plan, Step
from gatewright.domain.task import Task


def plan_by_rule(task: Task) -> Plan:
    """One step: make the acceptance tests pass."""
    tests = ", ".join(task.gate.pytest or ()) or "the whole test suite"
    # A goal may begin with separators that pydantic does not strip.
    lines = (line.strip() for line in task.goal.splitlines())
    first_line = next(filter(None, lines), "Reach the goal")
    title = first_line if len(first_line) <= 72 else first_line[:69].rstrip() + "..."
    what = [f"Make these tests pass without changing any test: {tests}."]
    what += [f"Criterion: {criterion}" for criterion in task.acceptance_criteria]
    what += [f"Constraint: {constraint}" for constraint in task.constraints]
    return Plan(
        why="A failing test says what is wrong; the smallest change that makes it pass, "
        "and breaks no other test, is tried first.",
        steps=(Step(title=title, what="\n".join(what)[:4000]),),
    )
