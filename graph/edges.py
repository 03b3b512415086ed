"""Where the develop graph goes next: pure functions from the state to an edge's label."""

from typing import Literal

from graph.beside import at_work, to_merge
from graph.state import RunState


def after_planner(state: RunState) -> Literal["planned", "stopped"]:
    """A plan goes to its review."""
    return "stopped" if state.stop else "planned"


def after_plan_reviewer(
    state: RunState,
) -> Literal["approved", "steps in parallel", "rejected", "stopped"]:
    """An approved plan is implemented; a rejected one is planned again."""
    if state.stop:
        return "stopped"
    if state.plan_review is not None and state.plan_review["verdict"] == "approved":
        return "steps in parallel" if to_merge(state) else "approved"
    return "rejected"


def after_implementer(state: RunState) -> Literal["implemented", "beside others", "stopped"]:
    """A change goes to its review."""
    if at_work(state):
        return "beside others"
    return "stopped" if state.stop else "implemented"


def after_code_reviewer(
    state: RunState,
) -> Literal["rejected or next step", "steps in parallel", "all approved", "stopped"]:
    """A rejected change is made anew; after the last approved one comes the gate.

    One label for both ways to the implementer: LangGraph draws one edge to a target.
    """
    if to_merge(state):
        return "steps in parallel"
    if state.stop:
        return "stopped"
    if state.candidate is None and all_approved(state):
        return "all approved"
    return "rejected or next step"


def after_merger(state: RunState) -> Literal["make", "review", "all approved", "stopped"]:
    """Steps at work go on, each for itself (`graph.develop` sends them); without any, the task."""
    if state.stop:
        return "stopped"
    if all_approved(state) and state.candidate is None:
        return "all approved"
    return "review" if state.resume_at == "code_reviewer" else "make"


def after_quality_gate(state: RunState) -> Literal["passed", "failed", "stopped"]:
    """What passed is delivered; what failed is repaired."""
    if state.stop:
        return "stopped"
    return "passed" if state.gate is not None and state.gate["passed"] else "failed"


def after_human(
    state: RunState,
) -> Literal[
    "plan again",
    "review plan",
    "implement",
    "steps in parallel",
    "review code",
    "check again",
    "rejected",
]:
    """Back to where the run stopped, or to the end."""
    match state.resume_at:
        case "planner":
            return "plan again"
        case "plan_reviewer":
            return "review plan"
        case "implementer":
            return "steps in parallel" if to_merge(state) else "implement"
        case "code_reviewer":
            return "review code"
        case "quality_gate":
            return "check again"
        case _:
            return "rejected"


def all_approved(state: RunState) -> bool:
    """Whether every step of the plan has an approved commit."""
    return state.plan is not None and state.step >= len(state.plan["steps"])


def step_label(state: RunState) -> str:
    """`1`, `2`, ... for the plan's steps; `repair` for what the gate sent back."""
    return "repair" if all_approved(state) else str(state.step + 1)


def recursion_limit(*, steps: int, rejections: int) -> int:
    """How many supersteps one invocation can need, when every loop turns as often as it may."""
    planning = 2 * rejections
    change = 2 * rejections
    gate = rejections * (1 + change)
    # Two steps that were made beside each other, with the merger after each node, may both have to
    # be made again one after the other.
    beside = change + 2
    return planning + steps * (change + beside) + gate + 4
