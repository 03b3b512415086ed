"""Ends of a run that no engine tells: it died, or was killed at once."""

from collections.abc import Awaitable, Callable

from gatewright.domain.plan_ports import PlanStore
from gatewright.domain.plan_run import PlanEvent, StepAttempt
from gatewright.plans.engine.events import now

OVER = ("succeeded", "failed", "cancelled")
"""Of runs."""


async def end_cancelled(
    store: PlanStore,
    run_id: str,
    *,
    reason: str,
    sweep: Callable[[StepAttempt], Awaitable[int]],
) -> tuple[PlanEvent, ...]:
    """Say of a run that it is cancelled, unless it is over; what was so told.

    The caller has claimed it, and runs nothing of it any more; what earlier processes left alive is
    killed by `sweep`.
    """
    run = await store.run(run_id)
    if run.status in OVER:
        return ()
    results = await store.results(run_id)
    last = {one.step: one for one in await store.attempts(run_id)}
    events = []
    for attempt in last.values():
        if attempt.step not in results:
            await sweep(attempt)
            events.append(_end(attempt, reason))
    events.append(
        PlanEvent(kind="run_ended", run_id=run_id, at=now(), status="cancelled", reason=reason)
    )
    await store.record(events)
    return tuple(events)


def _end(attempt: StepAttempt, reason: str) -> PlanEvent:
    return PlanEvent(
        kind="step_ended",
        run_id=attempt.run_id,
        at=now(),
        step=attempt.step,
        attempt=attempt.attempt if attempt.ended_at is None else None,
        status="cancelled",
        reason=reason,
    )
