"""The node that runs a plan's steps: the event-driven engine is inside it."""

import asyncio
from dataclasses import replace

from langgraph.runtime import Runtime

from gatewright.domain.plan_run import PlanRun
from gatewright.plans.engine.run import run_plan
from graph.plan_context import PlanContext
from graph.plan_state import PlanState, PlanUpdate
from nodes.plan_run.ending import end_cancelled
from nodes.plan_run.reading import bound_of
from nodes.plan_run.resuming import start_of
from nodes.plan_run.telling import Teller


async def execute(state: PlanState, runtime: Runtime[PlanContext]) -> PlanUpdate:
    """Reads the run from the store, which says what is over; writes how it ended.

    Entered again after a crash, or for a run that failed, it goes on: steps that succeeded are not
    run again. Raises: ThreadBusy when somebody else runs it; InputError for a bad answer.
    """
    context = runtime.context
    run = await context.store.run(state.run_id)
    if run.status == "succeeded":
        return {"status": run.status, "reason": run.reason}
    bound = await bound_of(state, context)
    tell = Teller(context, run.plan_id, runtime.stream_writer)
    await context.store.claim(state.run_id)
    try:
        start = await start_of(state, context, bound, tell)
        needs_sandbox = any(
            bound.plan.globals.sandbox if step.sandbox is None else step.sandbox
            for step in bound.plan.steps
        )
        finished = await run_plan(
            bound,
            run=_asked_now(start.run, state, context),
            launcher=context.launcher,
            confined=await context.confined() if needs_sandbox else None,
            store=context.store,
            locks=context.locks,
            folder=context.folder / state.run_id,
            finished=start.finished,
            attempts=start.attempts,
            only=start.run.options.get("steps"),
            on_event=tell,
            stop=context.stop,
        )
    except asyncio.CancelledError:
        if context.stop.is_set():  # it was to be cancelled, and now at once
            await asyncio.shield(_killed(state.run_id, context, tell))
        raise
    finally:
        await asyncio.shield(context.store.release(state.run_id))
    return {"status": finished.status, "reason": finished.reason}


def _asked_now(run: PlanRun, state: PlanState, context: PlanContext) -> PlanRun:
    """Of what the run was begun with, how many steps at a time may be said anew."""
    most = state.options.get("max_concurrency") or context.max_concurrency
    return run if not most else replace(run, options={**run.options, "max_concurrency": most})


async def _killed(run_id: str, context: PlanContext, tell: Teller) -> None:
    reason = await context.store.stop_asked(run_id) or "killed"
    for event in await end_cancelled(context.store, run_id, reason=reason, sweep=context.sweep):
        tell(event)
