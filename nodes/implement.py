"""The implementer node."""

from langgraph.runtime import Runtime

from agents.builtin import is_builtin
from graph.context import Context
from graph.edges import all_approved, step_label
from graph.state import RunState, RunUpdate
from nodes.desk import Desk
from nodes.made import NothingApplies, current_step
from nodes.repairing import repair_step
from nodes.stopping import CANNOT_GO_ON, stop, stopped
from nodes.writing import write_step


async def implement(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the step at hand and the findings to answer; writes the candidate and the attempt.

    The change is a commit on `refs/gatewright/<task>/<step>/<attempt>`, keyed by LangGraph's task
    id: run again after a crash, the node finds its own commit.
    """
    desk = Desk(state, runtime, node="implementer")
    label = step_label(state)
    attempt = state.attempts.get(label, 0) + 1
    failures = state.rejections + (state.gate_failures if all_approved(state) else 0)
    decision = desk.choose("implementer", stage=failures)
    step = current_step(state)
    implementing = repair_step if is_builtin(decision.model) else write_step
    try:
        made = await implementing(desk, step, decision, ref=f"{label}/{attempt}")
    except CANNOT_GO_ON as error:
        return stopped(desk, error)
    except NothingApplies as error:
        return _nothing_applies(desk, label, attempt, error)
    desk.used("implementer", made.author)
    desk.emit("edit_applied", attempt=attempt, model=made.author, message=made.summary())
    return {
        **desk.update(),
        "attempts": {**state.attempts, label: attempt},
        "candidate": made.model_dump(mode="json"),
    }


def _nothing_applies(desk: Desk, label: str, attempt: int, error: NothingApplies) -> RunUpdate:
    desk.used("implementer", error.author)
    return {
        **desk.update(),
        "attempts": {**desk.state.attempts, label: attempt},
        "stop": stop(
            desk,
            "no_edit_applies",
            str(error),
            findings=error.findings,
            choices=("retry", "reject"),
        ),
    }
