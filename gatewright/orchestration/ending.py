"""Ends of runs that no engine tells: it died, or was killed at once."""

import asyncio

from gatewright.domain.plan_run import StepAttempt
from gatewright.orchestration.orders import Listener
from gatewright.plans.launching.sweep import sweep
from gatewright.storage.plans.runs import PlanRuns
from nodes.plan_run.ending import OVER, end_cancelled

__all__ = ["OVER", "bury", "end_at_once", "swept"]


async def swept(attempt: StepAttempt) -> int:
    """Kill what an attempt left alive whose engine is dead; how many processes."""
    return await asyncio.to_thread(sweep, attempt.token, not_before=attempt.started_at)


async def bury(store: PlanRuns) -> None:
    """Runs whose engines are dead are interrupted, and what they left alive is killed."""
    for run in await store.bury():
        for attempt in await store.attempts(run.run_id):
            if attempt.ended_at is None:
                await swept(attempt)


async def end_at_once(
    store: PlanRuns, run_id: str, on_event: Listener | None = None, *, reason: str = "killed"
) -> None:
    """Say of a run that nobody runs that it is cancelled, unless it is over, or never began."""
    if not await store.has(run_id) or (await store.run(run_id)).status in OVER:
        return
    await store.claim(run_id)
    try:
        events = await end_cancelled(store, run_id, reason=reason, sweep=swept)
    finally:
        await store.release(run_id)
    if on_event is not None:
        for event in events:
            on_event(event)
