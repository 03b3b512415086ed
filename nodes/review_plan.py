"""The plan reviewer node."""

from functools import partial

from langgraph.runtime import Runtime

from agents.builtin import REVIEWER, is_builtin
from agents.plan_reviewer import review_plan as ask_reviewer
from agents.plan_rules import check_plan
from agents.sections import least_tokens
from gatewright.domain.decision import Decision
from gatewright.domain.plan import Plan
from gatewright.domain.review import Review
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.attempts import judge_kept
from nodes.choosing import Choosing, Reviewed, answering
from nodes.desk import Desk
from nodes.sources import brief
from nodes.stopping import (
    CANNOT_GO_ON,
    OVERRULED,
    PLAN_LOOP,
    concerns,
    enough,
    stop,
    stopped,
    turn,
    without_loop,
)
from nodes.stuck import End, findings_name, plan_name


async def review_plan(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the plan and its author; writes the review and counts rejections.

    The rules speak first: a plan that breaks one costs no model call. Where the risk asks for it,
    an approved plan waits for a person's word.
    """
    desk = Desk(state, runtime, node="plan_reviewer")
    plan = Plan.model_validate(state.plan)
    review, by = check_plan(desk.task, plan), REVIEWER
    waiting = state.waiting
    if review.approved:
        question = Choosing(
            role="plan_reviewer",
            exclude=(state.plan_author,),
            least_tokens=least_tokens(desk.task, plan=plan, notes=state.notes),
        )
        try:
            answered = await answering(desk, question, partial(_ask, desk, plan, review))
        except CANNOT_GO_ON as error:
            return stopped(desk, error)
        review, by = answered.value.review, answered.value.author
        waiting = [*waiting, answered.attempt.model_dump(mode="json")]
    desk.used("plan_reviewer", by)
    said = f"{review.verdict}: {review.why}"
    desk.emit("review", model=by, verdict=review.verdict, message=said)
    judge_kept(desk, state.plan_attempt, "review", passed=review.approved)
    update: RunUpdate = {
        **desk.update(),
        "plan_review": review.model_dump(mode="json"),
        "concerns": concerns(state, desk.node, by, review),
    }
    if review.approved:
        return {**update, **_approved(desk, review), "waiting": waiting}
    return {**update, **_rejected(desk, plan, review)}


async def _ask(desk: Desk, plan: Plan, by_rule: Review, decision: Decision) -> Reviewed:
    if is_builtin(decision.model):
        return Reviewed(by_rule, decision.model)
    named = [path for step in plan.steps for path in step.files]
    room = desk.room(decision)
    told = await brief(desk, desk.state.base_commit, named=named, room=room)
    answered = await ask_reviewer(desk.model(decision), told, plan, room=room)
    return Reviewed(answered.answer.review("plan_reviewer"), answered.author)


def _approved(desk: Desk, review: Review) -> RunUpdate:
    update: RunUpdate = {
        "plan_rejections": 0,
        "plan_tried": [],
        "findings": [],
        "ends": without_loop(desk.state, PLAN_LOOP),
    }
    risk = desk.task.risk
    if risk in desk.context.limits.approve_plans:
        update["stop"] = stop(
            desk,
            "plan_approval",
            f"a plan at {risk} risk waits for a person's approval; its reviewer approved: "
            f"{review.why}",
            findings=review.findings,
            choices=OVERRULED,
        )
    return update


def _rejected(desk: Desk, plan: Plan, review: Review) -> RunUpdate:
    rejections = desk.state.plan_rejections + 1
    attempt = desk.state.plan_attempt or {}
    end = End(
        made=plan_name(plan),
        wrong=findings_name(review.findings),
        by=desk.state.plan_author,
        then=attempt.get("then", ""),
    )
    ends, repeats = turn(desk, PLAN_LOOP, end, noun="plan")
    return {
        "plan_rejections": rejections,
        "plan_tried": [*desk.state.plan_tried, desk.state.plan_author],
        "ends": ends,
        **enough(
            desk,
            rejections,
            repeats,
            kind="rejected",
            what="the plan was rejected",
            last=review.why,
            findings=review.findings,
            choices=OVERRULED,
        ),
    }
