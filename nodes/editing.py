"""What a person wrote in place of a model: a plan or a change, held to the same rules."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from pydantic import ValidationError

from agents import edit_formats
from agents.change_rules import check_change
from agents.plan_rules import check_plan
from gatewright.domain.edit import Applied, ChangeSet
from gatewright.domain.errors import BadAnswer, EditMismatch, EditRefused, GatewrightError
from gatewright.domain.findings import Finding
from gatewright.domain.human import Answer, Stop
from gatewright.domain.plan import Plan, Step
from gatewright.domain.review import Review
from gatewright.domain.secret_forms import REDACTED
from graph.accept import accepted
from graph.edges import all_approved, step_label
from graph.state import RunState, RunUpdate
from nodes.asking import CUT, at_hand, made_on
from nodes.desk import Desk
from nodes.made import Made, commit_message, current_step
from nodes.stopping import PLAN_LOOP, PLANNING, without_loop

HUMAN = "human"
"""The author of what a person wrote."""


class EditRejected(GatewrightError):
    """What a person wrote cannot be taken; they are asked again."""

    def __init__(self, problem: str, findings: Sequence[Finding] = ()) -> None:
        self.problem = problem
        self.findings = tuple(findings)
        super().__init__(problem)


async def edited(desk: Desk, stop: Stop, answer: Answer, *, number: int) -> RunUpdate:
    """The update that puts the person's work in place of the one at hand, and where it goes on.

    `number` tells this answer from others to the same stop.
    Raises: EditRejected when it is no valid plan or diff, does not apply, or breaks a rule.
    """
    if stop.at in PLANNING:
        return _plan(desk, answer)
    return await _change(desk, stop, answer, number)


def _plan(desk: Desk, answer: Answer) -> RunUpdate:
    if answer.plan is None or answer.diff:
        raise EditRejected("here it is the plan that can be edited; give a plan and no diff")
    try:
        plan = Plan.model_validate(answer.plan)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "plan"
        raise EditRejected(f"it is no valid plan: {place}: {first['msg'].lower()}") from None
    review = check_plan(desk.task, plan)
    if not review.approved:
        raise EditRejected(review.why, review.findings)
    desk.used("planner", HUMAN)
    titles = "; ".join(step.title for step in plan.steps)
    desk.emit("planned", model=HUMAN, message=titles, steps=len(plan.steps))
    approval = Review(verdict="approved", why="A person wrote this plan.")
    return {
        "models": desk.models,
        "plan": plan.model_dump(mode="json"),
        "plan_author": HUMAN,
        "plan_attempt": None,
        "plan_review": approval.model_dump(mode="json"),
        "plan_rejections": 0,
        "plan_tried": [],
        "findings": [],
        "ends": without_loop(desk.state, PLAN_LOOP),
        "resume_at": "implementer",
    }


async def _change(desk: Desk, stop: Stop, answer: Answer, number: int) -> RunUpdate:
    if answer.plan is not None or not answer.diff.strip():
        raise EditRejected("here it is the change that can be edited; give a diff and no plan")
    state, label = desk.state, step_label(desk.state)
    attempt = state.attempts.get(label, 0) + 1
    step = _step(state, stop)
    changes = await _parsed(desk, stop, answer.diff)
    try:
        applied = await desk.context.workspace.apply(
            desk.site,
            made_on(desk, stop),
            changes,
            ref=f"{label}/{attempt}",
            key=f"{desk.key}:{number}",
            message=commit_message(step, step.title, HUMAN),
        )
    except EditRefused as error:
        raise EditRejected(_explained(error)) from None
    await _check(desk, step, applied)
    made = Made(applied=applied, author=HUMAN, title=step.title)
    desk.used("implementer", HUMAN)
    desk.emit("edit_applied", attempt=attempt, model=HUMAN, message=made.summary())
    under_review = replace(state, candidate=made.model_dump(mode="json"))
    return {
        "models": desk.models,
        "attempts": {**state.attempts, label: attempt},
        **went_through(under_review),
        "gate_failures": 0,
        "ends": {},
        "tried": [],
    }


def went_through(state: RunState) -> RunUpdate:
    """The candidate is accepted by a person's word; on to the next step, or to the gate."""
    update = accepted(state)
    ended = all_approved(replace(state, **update))
    return {**update, "resume_at": "quality_gate" if ended else "implementer"}


def _step(state: RunState, stop: Stop) -> Step:
    step = current_step(state)
    if stop.at != "quality_gate":
        return step
    words = "A person wrote this change in place of the one that failed the quality gate."
    return step.model_copy(update={"title": "Change by a person", "what": words})


async def _parsed(desk: Desk, stop: Stop, diff: str) -> ChangeSet:
    if CUT in diff:
        raise EditRejected("the diff that was shown is not all of it; give the whole one")
    if REDACTED in diff and await _holds_hidden(desk, stop, diff):
        raise EditRejected(
            f"{REDACTED!r} stands for what looks like a secret; it would be written as it is"
        )
    try:
        return await asyncio.to_thread(edit_formats.parse, diff, fmt="udiff", model=HUMAN)
    except BadAnswer as error:
        raise EditRejected(error.problem) from None


async def _holds_hidden(desk: Desk, stop: Stop, diff: str) -> bool:
    """Whether a line comes with the mark in it that the change at hand does not have."""
    since, commit = made_on(desk, stop), at_hand(desk) or desk.state.head
    there = set[str]()
    if commit != since:
        text = await desk.context.workspace.diff(desk.site, commit, since=since)
        there = set(text.splitlines())
    lines = [line for line in diff.splitlines() if line.startswith("+") and REDACTED in line]
    return not there.issuperset(lines)


async def _check(desk: Desk, step: Step, applied: Applied) -> None:
    if applied.unchanged:
        raise EditRejected("it changes nothing: every line of it is in place already")
    existing = set(await desk.context.workspace.files(desk.site, desk.state.base_commit))
    review = check_change(desk.task, step, applied, existing=existing)
    if not review.approved:
        blocking = [one for one in review.findings if one.severity == "blocking"]
        said = "; ".join(f"{f.file}: {f.message}" if f.file else f.message for f in blocking)
        raise EditRejected(f"{review.why} {said}", blocking)


def _explained(error: EditRefused) -> str:
    if isinstance(error, EditMismatch) and error.nearest:
        return f"{error}; the nearest lines are:\n{error.nearest}"
    return str(error)
