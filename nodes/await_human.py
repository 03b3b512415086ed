"""The node that waits for a person."""

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from gatewright.domain.human import Answer, Question, Stop
from gatewright.domain.task import Task
from graph.accept import accepted
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.attempts import judge_kept
from nodes.desk import Desk


async def await_human(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the stop; writes where the run goes on, with the counters of that loop at zero.

    Nothing happens before the answer, so running the node again changes nothing; a rejected task's
    worktree goes away, its commits stay. An answer that is no choice here is asked for again: it is
    in the checkpoint, where an error would keep it.
    """
    stop = Stop.model_validate(state.stop)
    question = _question(state, stop)
    answer = interrupt(question, response_schema=Answer)
    while answer.action not in stop.choices:
        answer = interrupt(question, response_schema=Answer)
    update: RunUpdate = {
        "stop": None,
        "notes": [*state.notes, answer.note] if answer.note else state.notes,
    }
    if answer.budget is not None:
        raised = answer.budget.model_dump(mode="json", exclude_unset=True)
        update["task"] = {**state.task, "budget": {**state.task.get("budget", {}), **raised}}
    desk = Desk(state, runtime, node="await_human")
    _judge(desk, stop, answer)
    if answer.action == "reject":
        await runtime.context.workspace.close(desk.site)
        findings = [finding.model_dump(mode="json") for finding in stop.findings]
        return {**update, "outcome": "failed", "resume_at": "", "findings": findings}
    if answer.action == "approve":
        return {**update, **_approved(state, stop)}
    return {**update, **_again(stop)}


def _judge(desk: Desk, stop: Stop, answer: Answer) -> None:
    """What a person says of the work at hand stands above what a reviewer said."""
    judged = stop.kind in ("rejected", "gate_failed")
    if not judged or answer.action == "retry":
        return
    if stop.at == "plan_reviewer":
        attempts = [desk.state.plan_attempt]
    else:
        candidate = desk.state.candidate or {}
        attempts = [candidate.get("attempt"), *desk.state.waiting]
    for attempt in attempts:
        judge_kept(desk, attempt, "human", passed=answer.action == "approve")


def _question(state: RunState, stop: Stop) -> dict[str, object]:
    candidate = state.candidate["applied"]["commit"] if state.candidate else None
    question = Question(
        task_id=Task.model_validate(state.task).id,
        goal=state.task["goal"],
        stop=stop,
        plan=state.plan,
        commit=candidate or state.head or None,
        spent=state.spent,
    )
    return question.model_dump(mode="json")


def _approved(state: RunState, stop: Stop) -> RunUpdate:
    """A person's word in place of the reviewer's."""
    if stop.at == "plan_reviewer":
        return {"plan_rejections": 0, "resume_at": "implementer"}
    update = accepted(state)
    if state.candidate and state.candidate.get("attempt"):
        update["waiting"] = [*state.waiting, state.candidate["attempt"]]
    steps = len(state.plan["steps"]) if state.plan else 0
    last = update.get("step", state.step) >= steps
    return {**update, "resume_at": "quality_gate" if last else "implementer"}


def _again(stop: Stop) -> RunUpdate:
    """Back into the loop that stopped: to whoever makes the work when it was judged and found
    wanting, to the node itself when it could not do its own."""
    judged = stop.kind in ("rejected", "gate_failed")
    back = {"plan_reviewer": "planner", "code_reviewer": "implementer"}
    node = back.get(stop.at, "implementer") if judged else stop.at
    return {
        "plan_rejections": 0,
        "plan_tried": [],
        "rejections": 0,
        "gate_failures": 0,
        "tried": [],
        "resume_at": node,
    }
