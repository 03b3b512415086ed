"""Where a task stands, derived from the graph's position and never kept beside it."""

from collections.abc import Sequence

from gatewright.domain.task import StepState, TaskState
from graph.beside import is_approved
from graph.state import Json, RunState

ACTIVE: dict[str, TaskState] = {
    "planner": "planning",
    "plan_reviewer": "plan_review",
    "implementer": "implementing",
    "merger": "implementing",
    "code_reviewer": "code_review",
    "quality_gate": "quality_gate",
    "deliver": "quality_gate",
    "await_human": "awaiting_human",
}
"""The task's state while a node runs."""


def task_state(state: RunState | None, following: Sequence[str]) -> TaskState:
    """The state between two nodes: `following` is what would run next (LangGraph's `next`)."""
    if state is None:
        return "new"
    if state.outcome:
        return state.outcome
    if not following:
        return "new"
    node = following[0]
    if node == "planner" and state.plan_review is not None:
        return "plan_rejected"
    if node in ("implementer", "merger") and not state.attempts:
        return "plan_approved"
    return ACTIVE.get(node, "new")


def step_states(state: RunState, following: Sequence[str]) -> list[StepState]:
    """The state of each step of the plan."""
    if state.plan is None:
        return []
    count = len(state.plan["steps"])
    if state.outcome == "done":
        return ["completed"] * count
    node = following[0] if following else ""
    beside = {} if state.outcome else state.beside
    return [
        _state_beside(beside[str(index + 1)], str(index + 1))
        if str(index + 1) in beside
        else _step_state(state, index, node)
        for index in range(count)
    ]


def _step_state(state: RunState, index: int, node: str) -> StepState:
    if index != state.step:
        return "approved" if index < state.step else "pending"
    if state.outcome == "failed":
        return "failed"
    if node == "code_reviewer":
        return "code_review"
    if node == "await_human":
        begun = (state.stop or {}).get("at") not in ("planner", "plan_reviewer")
        return "rejected" if begun else "pending"
    if state.attempts.get(str(index + 1)):
        return "retry"
    return "implementing" if node == "implementer" else "pending"


def _state_beside(record: Json, label: str) -> StepState:
    """Of a step that is made beside others; approved, it may still wait to be merged."""
    if is_approved(record, label):
        return "approved"
    if record["at"] == "code_reviewer":
        return "code_review"
    if not record["at"]:
        return "rejected"
    return "retry" if record["attempts"] else "implementing"


def walked(history: Sequence[tuple[RunState | None, Sequence[str]]]) -> tuple[TaskState, ...]:
    """Every state in order, from a thread's checkpoints, oldest first.

    Whether what follows the last one has begun is not known, so it ends as `task_state` does.
    """
    states: list[TaskState] = ["new"]
    for number, (state, following) in enumerate(history, start=1):
        between = task_state(state, following)
        begun = [ACTIVE[node] for node in following if node in ACTIVE and number < len(history)]
        for one in (between, *begun):
            if one not in (states[-1], "new"):
                states.append(one)
    return tuple(states)
