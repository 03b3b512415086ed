"""The implementer node."""

from langgraph.runtime import Runtime

from agents.builtin import is_builtin
from agents.sections import least_tokens
from gatewright.domain.decision import Decision
from gatewright.domain.findings import Finding
from graph.context import Context
from graph.edges import all_approved, step_label
from graph.state import RunState, RunUpdate
from nodes.choosing import Choosing, answering
from nodes.desk import Desk
from nodes.made import Made, NothingApplies, current_step
from nodes.repairing import repair_step
from nodes.stopping import CANNOT_GO_ON, NOT_OVERRULED, stop, stopped
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
    step = current_step(state)

    async def make(decision: Decision) -> Made:
        implementing = repair_step if is_builtin(decision.model) else write_step
        return await implementing(desk, step, decision, ref=f"{label}/{attempt}")

    findings = [Finding.model_validate(finding) for finding in state.findings]
    question = Choosing(
        role="implementer",
        stage=failures,
        tried=state.tried,
        least_tokens=least_tokens(desk.task, step, findings, notes=state.notes),
    )
    try:
        answered = await answering(desk, question, make)
    except CANNOT_GO_ON as error:
        return stopped(desk, error)
    except NothingApplies as error:
        return _nothing_applies(desk, label, attempt, error)
    made = answered.value
    desk.used("implementer", made.author)
    desk.emit("edit_applied", attempt=attempt, model=made.author, message=made.summary())
    candidate = made.model_copy(update={"attempt": answered.attempt.model_dump(mode="json")})
    return {
        **desk.update(),
        "attempts": {**state.attempts, label: attempt},
        "candidate": candidate.model_dump(mode="json"),
    }


def _nothing_applies(desk: Desk, label: str, attempt: int, error: NothingApplies) -> RunUpdate:
    desk.used("implementer", error.author)
    return {
        **desk.update(),
        "attempts": {**desk.state.attempts, label: attempt},
        "stop": stop(
            desk,
            "stuck" if error.repeats else "no_edit_applies",
            str(error),
            findings=error.findings,
            choices=NOT_OVERRULED,
        ),
    }
