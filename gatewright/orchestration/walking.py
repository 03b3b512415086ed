"""One walk over a run of a plan: the graph with all that it reaches, until it ends or asks."""

import asyncio
import uuid
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig

from gatewright.domain.plan_ports import Launcher
from gatewright.domain.plan_run import PlanRun
from gatewright.orchestration.ending import end_at_once, swept
from gatewright.orchestration.orders import House, Order
from gatewright.orchestration.sandboxed import confined_launcher
from gatewright.orchestration.wishes import hearing
from gatewright.plans.launching.client import ProcessLauncher
from gatewright.settings import Settings
from gatewright.storage.checkpoints import open_checkpoints
from gatewright.storage.plans.locks import FileLocks
from gatewright.storage.plans.runs import PlanRuns
from gatewright.telemetry.sidecar import Sidecar
from gatewright.upkeep.plan_leftovers import thread_of
from gatewright.who import who
from graph.plan import build
from graph.plan_context import PlanContext


async def walk_run(house: House, order: Order) -> PlanRun:
    """Run until it is over or asks a person; the run as it is then.

    Cancelled: everything is killed at once; the run is cancelled then if that was wanted before
    (`stop`, or by another process), and otherwise interrupted.
    Raises: PlanInvalid, InputError, EnvironmentFault; ThreadBusy when somebody else runs it.
    """
    async with AsyncExitStack() as stack:
        context = await _context(house, order, stack)
        running = asyncio.ensure_future(_walk(house, order, context))
        try:
            async with hearing(house.store, order.run_id, stop=order.stop, kill=running.cancel):
                await asyncio.wait({running})
        finally:
            running.cancel()
            await _settled(running)
            if running.cancelled() and order.stop.is_set():
                await asyncio.shield(end_at_once(house.store, order.run_id, order.on_event))
    if not running.cancelled():
        running.result()
    return await house.store.run(order.run_id)


def make_context(
    settings: Settings,
    store: PlanRuns,
    sidecar: Sidecar,
    launcher: Launcher,
    **more: Any,
) -> PlanContext:
    """What the graph's nodes reach. Blocks for a moment."""
    return PlanContext(
        store=store,
        locks=FileLocks(settings.home / "locks" / "plans"),
        launcher=launcher,
        confined=confined_launcher(settings),
        sweep=swept,
        telemetry=sidecar,
        folder=store.folder,
        started_by=who(),
        **more,
    )


async def _context(house: House, order: Order, stack: AsyncExitStack) -> PlanContext:
    launcher = await stack.enter_async_context(ProcessLauncher())
    context = await asyncio.to_thread(
        lambda: make_context(
            house.settings,
            house.store,
            house.sidecar,
            launcher,
            secrets=order.secrets,
            stop=order.stop,
            on_event=order.on_event,
        )
    )
    context.bound[order.run_id] = order.bound
    return context


async def _walk(house: House, order: Order, context: PlanContext) -> None:
    observed = house.sidecar.run(trace_id=uuid.uuid4().hex, conversation_id=order.run_id)
    database = Path(house.settings.home) / "checkpoints.sqlite"
    with observed as scope:
        async with open_checkpoints(database) as saver:
            graph = build().compile(checkpointer=saver, name="plan")
            config: RunnableConfig = {
                "configurable": {"thread_id": thread_of(order.run_id)},
                "callbacks": [scope.handler] if scope is not None else [],
            }
            state = await graph.ainvoke(order.given, config, context=context, durability="sync")
        if scope is not None:
            scope.outcome(str(state.get("status") or "waiting"))


async def _settled(running: "asyncio.Future[None]") -> None:
    """Whoever is cancelled again still waits until nothing is alive."""
    while not running.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({running})
