"""The plan reviewer node."""

from langgraph.runtime import Runtime

from agents.builtin import REVIEWER, is_builtin
from agents.plan_reviewer import review_plan as ask_reviewer
from agents.plan_rules import check_plan
from gatewright.domain.plan import Plan
from gatewright.domain.review import Review
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.desk import Desk
from nodes.sources import brief
from nodes.stopping import CANNOT_GO_ON, stop, stopped


async def review_plan(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the plan and its author; writes the review and counts rejections.

    The rules speak first: a plan that breaks one costs no model call.
    """
    desk = Desk(state, runtime, node="plan_reviewer")
    plan = Plan.model_validate(state.plan)
    decision = desk.choose("plan_reviewer", stage=0, exclude=(state.plan_author,))
    review, by = check_plan(desk.task, plan), REVIEWER
    if review.approved and not is_builtin(decision.model):
        named = [path for step in plan.steps for path in step.files]
        try:
            told = await brief(desk, state.base_commit, named=named)
            answered = await ask_reviewer(desk.model(decision), told, plan)
        except CANNOT_GO_ON as error:
            return stopped(desk, error)
        review, by = answered.answer.review("plan_reviewer"), answered.model
    desk.used("plan_reviewer", by)
    said = f"{review.verdict}: {review.why}"
    desk.emit("review", model=by, verdict=review.verdict, message=said)
    return {**desk.update(), **_verdict(desk, review)}


def _verdict(desk: Desk, review: Review) -> RunUpdate:
    update: RunUpdate = {"plan_review": review.model_dump(mode="json")}
    if review.approved:
        return {**update, "plan_rejections": 0, "findings": []}
    rejections = desk.state.plan_rejections + 1
    update["plan_rejections"] = rejections
    if rejections >= desk.context.limits.rejections:
        update["stop"] = stop(
            desk,
            "rejected",
            f"the plan was rejected {rejections} times; last: {review.why}",
            findings=review.findings,
            choices=("approve", "retry", "reject"),
        )
    return update
