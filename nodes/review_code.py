"""The code reviewer node."""

from functools import partial

from langgraph.runtime import Runtime

from agents.builtin import REVIEWER, is_builtin
from agents.change_rules import check_change
from agents.code_reviewer import review_code as ask_reviewer
from agents.sections import least_tokens
from gatewright.domain.decision import Decision
from gatewright.domain.findings import Finding
from gatewright.domain.review import Review
from graph.accept import accepted
from graph.context import Context
from graph.edges import step_label
from graph.state import RunState, RunUpdate
from nodes.attempts import judge_kept
from nodes.choosing import Choosing, Reviewed, answering
from nodes.desk import Desk
from nodes.made import Made, current_step, words
from nodes.sources import brief
from nodes.stopping import CANNOT_GO_ON, OVERRULED, concerns, enough, stopped, turn
from nodes.stuck import End, findings_name


async def review_code(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the candidate; accepts it as the new head, or writes what the next attempt must mend.

    The rules speak first: a change that breaks one costs no model call.
    """
    desk = Desk(state, runtime, node="code_reviewer")
    made = Made.model_validate(state.candidate)
    existing = set(await desk.context.workspace.files(desk.site, state.base_commit))
    review = check_change(desk.task, current_step(state), made.applied, existing=existing)
    by = REVIEWER
    for finding in review.findings if review.approved else ():
        desk.emit("review", model=by, message=f"note: {finding.file}: {finding.message}")
    if made.applied.unchanged:
        review = _nothing_changed()
    waiting = [*state.waiting, *([made.attempt] if made.attempt else [])]
    if review.approved:
        question = Choosing(
            role="code_reviewer",
            exclude=(made.author,),
            least_tokens=least_tokens(desk.task, current_step(state), notes=state.notes),
        )
        try:
            answered = await answering(desk, question, partial(_ask, desk, made, review))
        except CANNOT_GO_ON as error:
            return stopped(desk, error)
        review, by = answered.value.review, answered.value.author
        waiting.append(answered.attempt.model_dump(mode="json"))
    desk.used("code_reviewer", by)
    said = f"{review.verdict}: {review.why}"
    desk.emit("review", model=by, verdict=review.verdict, message=said)
    judge_kept(desk, made.attempt, "review", passed=review.approved)
    update: RunUpdate = {
        **desk.update(),
        "concerns": concerns(state, desk.node, by, review),
    }
    if review.approved:
        return {**update, **accepted(state), "waiting": waiting}
    return {**update, **_rejected(desk, made, review)}


async def _ask(desk: Desk, made: Made, by_rule: Review, decision: Decision) -> Reviewed:
    if is_builtin(decision.model):
        return Reviewed(by_rule, decision.model)
    state = desk.state
    diff = await desk.context.workspace.diff(desk.site, made.applied.commit, since=state.head)
    room, step = desk.room(decision), current_step(state)
    told = await brief(
        desk, made.applied.commit, named=made.applied.files, about=words(step), room=room
    )
    answered = await ask_reviewer(desk.model(decision), told, step, diff, room=room)
    return Reviewed(answered.answer.review("code_reviewer"), answered.author)


def _nothing_changed() -> Review:
    finding = Finding(check="change_rules", message="every edit was in place already")
    return Review(verdict="rejected", why="Nothing was changed.", findings=(finding,))


def _rejected(desk: Desk, made: Made, review: Review) -> RunUpdate:
    rejections = desk.state.rejections + 1
    end = End(
        made=made.applied.tree,
        wrong=findings_name(review.findings),
        by=made.author,
        then=(made.attempt or {}).get("then", ""),
    )
    ends, repeats = turn(desk, step_label(desk.state), end)
    return {
        "rejections": rejections,
        "tried": [*desk.state.tried, made.author],
        "findings": [finding.model_dump(mode="json") for finding in review.findings],
        "avoid": [*desk.state.avoid, made.digest] if made.digest else desk.state.avoid,
        "ends": ends,
        **enough(
            desk,
            rejections,
            repeats,
            kind="rejected",
            what="the change was rejected",
            last=review.why,
            findings=review.findings,
            choices=OVERRULED,
        ),
    }
