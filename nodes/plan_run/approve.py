"""The node that asks a person whether a plan may be run."""

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from gatewright.domain.plan_run import PlanEvent, PlanRun
from gatewright.plans.engine.events import now
from graph.plan_context import PlanContext
from graph.plan_state import PlanState, PlanUpdate
from nodes.plan_run.asking import Approval
from nodes.plan_run.reading import bound_of

WAITING = "waiting for approval"


async def approve(state: PlanState, runtime: Runtime[PlanContext]) -> PlanUpdate:
    """Reads the plan's `globals.approval` and the answer among the options; writes the end of a run
    that was rejected. A run of which a step was begun was approved.
    """
    context = runtime.context
    bound = await bound_of(state, context)
    if not bound.plan.globals.approval or await context.store.attempts(state.run_id):
        return {}
    run = await context.store.run(state.run_id)
    approved = state.options.get("approved")
    if approved is None:
        await _wait(context, run)
        steps = [step.id for step in bound.plan.steps]
        question = {"question": "May this plan be run?", "plan_id": run.plan_id, "steps": steps}
        approved = interrupt(question, response_schema=Approval).approved
    if approved:
        return {}
    reason = "rejected by a person"
    if run.status != "cancelled":
        await _tell(context, run, kind="run_ended", status="cancelled", reason=reason)
    return {"status": "cancelled", "reason": reason}


async def _wait(context: PlanContext, run: PlanRun) -> None:
    """Said once, however often this node runs."""
    if run.status != "waiting":
        await _tell(context, run, kind="run_waiting", reason=WAITING)


async def _tell(context: PlanContext, run: PlanRun, **said: Any) -> None:
    event = PlanEvent(run_id=run.run_id, at=now(), **said)
    await context.store.record([event])
    if context.on_event is not None:
        context.on_event(event)
