"""The plan of a run with its variables, read and checked once a process."""

import asyncio
import json
from pathlib import Path

from gatewright.domain.plan_run import PlanRun
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.loading import load, loads
from gatewright.plans.variables.bound import Bound, bind
from graph.plan_context import PlanContext
from graph.plan_state import PlanState


async def plan_of(state: PlanState, context: PlanContext) -> PlanFile:
    """The plan that a run began with; before it has begun, the file's.

    Raises: PlanInvalid; InputError for a run that is not known.
    """
    kept = context.bound.get(state.run_id)
    if isinstance(kept, Bound):
        return kept.plan
    if isinstance(kept, PlanFile):
        return kept
    if state.file:
        plan = await asyncio.to_thread(load, Path(state.file))
    else:
        plan = await asyncio.to_thread(plan_in, await context.store.run(state.run_id))
    context.bound[state.run_id] = plan
    return plan


async def bound_of(state: PlanState, context: PlanContext) -> Bound:
    """The plan of a run that has begun, with its variables; secret ones were given anew.

    Raises: PlanInvalid where one is missing.
    """
    kept = context.bound.get(state.run_id)
    if isinstance(kept, Bound):
        return kept
    run = await context.store.run(state.run_id)
    plan = await asyncio.to_thread(plan_in, run)
    bound = await asyncio.to_thread(bind, plan, {**run.variables, **context.secrets})
    context.bound[state.run_id] = bound
    return bound


def plan_in(run: PlanRun) -> PlanFile:
    """The plan that the run began with, checked again: who can write the database is not us."""
    return loads(run.plan, name=run.plan_path or run.plan_id)


def text_of(plan: PlanFile) -> str:
    """A plan as the run store keeps it: what is not said is not in it."""
    said = plan.model_dump(mode="json", exclude_unset=True)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
