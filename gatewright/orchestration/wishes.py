"""Hears of it when somebody, in whichever process, wants a run to be cancelled."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from gatewright.domain.errors import GatewrightError
from gatewright.storage.plans.runs import PlanRuns

POLL_S = 0.4
"""Between two looks."""


@asynccontextmanager
async def hearing(
    store: PlanRuns,
    run_id: str,
    *,
    stop: asyncio.Event,
    kill: Callable[[], object] | None = None,
) -> AsyncIterator[None]:
    """While this is open, `stop` is set once somebody wants the run to be cancelled; who asks a
    second time wants it killed."""
    looking = asyncio.create_task(_look(store, run_id, stop, kill))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait({looking})


async def _look(
    store: PlanRuns, run_id: str, stop: asyncio.Event, kill: Callable[[], object] | None
) -> None:
    while True:
        await asyncio.sleep(POLL_S)
        wish = None
        with suppress(GatewrightError):  # it cannot be read now: look again
            wish = await store.wish(run_id)
        if wish is None:
            continue
        stop.set()
        if wish.times > 1 and kill is not None:
            kill()
            return
