"""The planner node."""

from dataclasses import replace
from functools import partial

from langgraph.runtime import Runtime

from agents.builtin import is_builtin
from agents.builtin_planner import plan_by_rule
from agents.planner import plan_task
from agents.sections import least_tokens
from agents.structured import Answered
from gatewright.domain.decision import Decision
from gatewright.domain.findings import Finding
from gatewright.domain.intake import make_task
from gatewright.domain.plan import Plan
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.choosing import Choosing, answering
from nodes.desk import Desk
from nodes.sources import brief
from nodes.stopping import CANNOT_GO_ON, stopped


async def plan(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the task and the last plan's review; writes the plan and its author.

    The first time it also records the task as it is understood, and the base commit.
    """
    state, started = await _started(state, runtime)
    desk = Desk(state, runtime, node="planner")
    question = Choosing(
        role="planner",
        stage=state.plan_rejections,
        tried=state.plan_tried,
        least_tokens=least_tokens(desk.task, findings=_findings(desk), notes=state.notes),
    )
    try:
        answered = await answering(desk, question, partial(_make, desk))
    except CANNOT_GO_ON as error:
        return {**started, **stopped(desk, error)}
    made, author = answered.value.answer, answered.value.author
    desk.used("planner", author)
    titles = "; ".join(step.title for step in made.steps)
    desk.emit("planned", model=author, message=titles, steps=len(made.steps))
    return {
        **started,
        **desk.update(),
        "plan": made.model_dump(mode="json"),
        "plan_author": author,
        "plan_attempt": answered.attempt.model_dump(mode="json"),
    }


async def _make(desk: Desk, decision: Decision) -> Answered[Plan]:
    if is_builtin(decision.model):
        return Answered(answer=plan_by_rule(desk.task), model=decision.model)
    before = Plan.model_validate(desk.state.plan) if desk.state.plan else None
    room = desk.room(decision)
    told = await brief(desk, desk.state.base_commit, findings=_findings(desk), room=room)
    return await plan_task(desk.model(decision), told, before=before, room=room)


def _findings(desk: Desk) -> list[Finding]:
    """What the last plan's review has against it."""
    review = desk.state.plan_review or {}
    return [Finding.model_validate(finding) for finding in review.get("findings", [])]


async def _started(state: RunState, runtime: Runtime[Context]) -> tuple[RunState, RunUpdate]:
    """The state with a complete task and a base commit, and the update that says so.

    The worktree is made here, or found, on every visit: a crash may have come before it was there.
    """
    info = runtime.execution_info
    task = make_task(state.task, base_commit=(info.thread_id if info else None) or "")
    site = await runtime.context.workspace.open(task.id, task.repo, task.base, state.base_commit)
    update: RunUpdate = {
        "task": task.model_dump(mode="json"),
        "base_commit": site.base_commit,
        "head": state.head or site.base_commit,
        "parallel": runtime.context.limits.parallel,
    }
    return replace(state, **update), update
