"""Plans under a LangGraph server, which drives the runs and keeps the checkpoints itself.

`graph.entry` finds `provide_plan` by name (docs/adr/0004-entry-point-for-the-server.md).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from gatewright.orchestration.ending import bury
from gatewright.orchestration.opening import Opened
from gatewright.orchestration.walking import make_context
from gatewright.orchestration.wishes import hearing
from gatewright.plans.launching.client import ProcessLauncher
from gatewright.settings import Settings, load_settings
from gatewright.sidecars import open_sidecar
from gatewright.telemetry.sidecar import Sidecar
from graph.plan_context import PlanContext, PlanOptions

_SIDECARS: dict[str, Sidecar] = {}
"""Kept, for nobody else holds them between two nodes."""


@asynccontextmanager
async def provide_plan(options: PlanOptions, *, run_id: str) -> AsyncIterator[PlanContext]:
    """A context for one node of the plan graph.

    While it is open, somebody's wish to cancel the run is heard.
    """
    settings = await asyncio.to_thread(load_settings)
    store = await _opened(settings.home).store()
    await bury(store)
    sidecar = await asyncio.to_thread(_sidecar, settings)
    async with ProcessLauncher() as launcher:
        context = await asyncio.to_thread(make_context, settings, store, sidecar, launcher)
        context = replace(context, max_concurrency=options.max_concurrency)
        async with hearing(store, run_id, stop=context.stop):
            yield context


@cache
def _opened(home: Path) -> Opened:
    return Opened(home)


def _sidecar(settings: Settings) -> Sidecar:
    """Blocks: the first time, OpenTelemetry may be imported."""
    _SIDECARS[str(settings.home)] = sidecar = open_sidecar(settings)
    return sidecar
