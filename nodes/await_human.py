"""The node that waits for a person."""

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from gatewright.domain.human import Answer, Question, Stop
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.asking import asked_again, question_of
from nodes.attempts import judge_kept
from nodes.desk import Desk
from nodes.editing import EditRejected, edited, went_through
from nodes.stopping import JUDGED, PLAN_LOOP, without_loop


async def await_human(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the stop; writes where the run goes on.

    Nothing happens before the answer, and what it does is keyed, so running the node again changes
    nothing; a rejected task's worktree goes away, its commits stay. An answer that is no choice
    here, or an edit that cannot be taken, is asked for again: it is in the checkpoint, where an
    error would keep it. So an answer's own number tells it from those before.
    """
    stop = Stop.model_validate(state.stop)
    desk = Desk(state, runtime, node="await_human")
    asked = question = await question_of(desk, stop)
    number = 0
    while True:
        answer = _ask(question)
        try:
            update = await _answered(desk, stop, answer, number)
        except EditRejected as error:
            question = asked_again(asked, error.problem, error.findings)
            number += 1
            continue
        _judge(desk, stop, answer)
        return {**_said(state, answer), **update}


def _ask(question: Question) -> Answer:
    said = question.model_dump(mode="json")
    answer = interrupt(said, response_schema=Answer)
    while answer.action not in question.stop.choices:
        answer = interrupt(said, response_schema=Answer)
    return answer


def _said(state: RunState, answer: Answer) -> RunUpdate:
    """What any answer may bring, whatever its action."""
    update: RunUpdate = {"stop": None}
    if answer.note:
        update["notes"] = [*state.notes, answer.note]
    if answer.budget is not None:
        raised = answer.budget.model_dump(mode="json", exclude_unset=True)
        update["task"] = {**state.task, "budget": {**state.task.get("budget", {}), **raised}}
    return update


async def _answered(desk: Desk, stop: Stop, answer: Answer, number: int) -> RunUpdate:
    match answer.action:
        case "reject":
            await desk.context.workspace.close(desk.site)
            findings = [finding.model_dump(mode="json") for finding in stop.findings]
            return {"outcome": "failed", "resume_at": "", "findings": findings}
        case "approve":
            return _approved(desk.state, stop)
        case "edit":
            return await edited(desk, stop, answer, number=number)
        case "retry":
            return _again(stop, answer)


def _approved(state: RunState, stop: Stop) -> RunUpdate:
    """A person's word in place of the reviewer's."""
    if stop.at == "plan_reviewer":
        return {
            "plan_rejections": 0,
            "plan_tried": [],
            "ends": without_loop(state, PLAN_LOOP),
            "resume_at": "implementer",
        }
    update = went_through(state)
    if state.candidate and state.candidate.get("attempt"):
        update["waiting"] = [*state.waiting, state.candidate["attempt"]]
    return update


def _again(stop: Stop, answer: Answer) -> RunUpdate:
    """Back into the loop that stopped: to whoever makes the work when it was judged and found
    wanting, to the node itself when it could not do its own.

    What a budget stopped goes on in place, its counters as they are, and what was paid for within
    the node is not paid for again; unless there is a note, which must be heard.
    """
    if stop.kind == "budget":
        update: RunUpdate = {"resume_at": stop.at}
        return {**update, "left_off": None} if answer.note else update
    judged = stop.kind in JUDGED or stop.kind == "stuck"
    back = {"plan_reviewer": "planner", "code_reviewer": "implementer"}
    node = back.get(stop.at, "implementer") if judged else stop.at
    return {
        "plan_rejections": 0,
        "plan_tried": [],
        "rejections": 0,
        "gate_failures": 0,
        "tried": [],
        "ends": {},
        "resume_at": node,
    }


def _judge(desk: Desk, stop: Stop, answer: Answer) -> None:
    """What a person says of the work at hand stands above what a reviewer said.

    A plan that they want made anew in place of approving it is none that passed.
    """
    state, action = desk.state, answer.action
    passed = action == "approve"
    if stop.at == "plan_reviewer":
        declined = stop.kind == "plan_approval" or action in ("edit", "reject")
        if passed or (declined and stop.kind not in ("bad_answer", "budget")):
            judge_kept(desk, state.plan_attempt, "human", passed=passed)
        return
    looked_at = stop.kind in JUDGED or (stop.kind == "stuck" and stop.at != "implementer")
    if action == "retry" or not (looked_at or passed):
        return
    attempts = [(state.candidate or {}).get("attempt")]
    if action != "edit":
        attempts += state.waiting
    for attempt in attempts:
        judge_kept(desk, attempt, "human", passed=passed)
