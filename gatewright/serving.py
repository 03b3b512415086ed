"""Gatewright under a LangGraph server, which drives the runs and keeps the checkpoints itself.

`graph.entry` finds these functions by name (docs/adr/0004-entry-point-for-the-server.md).
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from gatewright.composition import open_context
from gatewright.domain.ports import Runner
from gatewright.sandbox_setup import open_runner
from gatewright.settings import Settings, load_settings
from gatewright.sidecars import open_sidecar
from gatewright.store import open_store
from gatewright.telemetry.scope import RunScope
from gatewright.telemetry.sidecar import Sidecar
from graph.context import Context, Options

_RUNNERS: dict[str, Runner] = {}
_SIDECARS: dict[str, Sidecar] = {}
_SCOPES: dict[str, RunScope] = {}
"""The runs under way, by thread: of two (one interrupts the other), the one that came last."""

FLUSH_S = 1.0
"""How long a run's end waits at most for its rows to be written; they are written later then."""


@asynccontextmanager
async def observe(thread_id: str) -> AsyncIterator[list[Any]]:
    """The callbacks of one run: the sidecar's handler, or none where the sidecar is off."""
    sidecar = await asyncio.to_thread(lambda: _sidecar(load_settings()))
    try:
        with sidecar.run(trace_id=uuid.uuid4().hex, conversation_id=thread_id) as scope:
            if scope is None:
                yield []
                return
            _SCOPES[thread_id] = scope
            try:
                yield [scope.handler]
            finally:
                if _SCOPES.get(thread_id) is scope:
                    del _SCOPES[thread_id]
    finally:
        # Servers end by signals that skip what runs at an interpreter's exit. They may have shut
        # down the loop's threads by then: that must not stand for the error that ended the run.
        with suppress(RuntimeError):
            await asyncio.to_thread(sidecar.flush, FLUSH_S)


@asynccontextmanager
async def provide(
    options: Options, *, thread_id: str | None, task: Mapping[str, Any]
) -> AsyncIterator[Context]:
    """A context for one node; the sidecar hears which task the run is about."""
    settings = await asyncio.to_thread(load_settings)
    limits = settings.limits.model_copy(update=options.model_dump())
    settings = settings.model_copy(update={"limits": limits})
    scope = _SCOPES.get(thread_id or "")
    if scope is not None:
        scope.describe(
            task_id=task.get("id"),
            risk=task.get("risk"),
            area=task.get("area"),
            priority=task.get("priority"),
        )
    sidecar = await asyncio.to_thread(_sidecar, settings)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings))
        runner = await _runner(settings)
        yield await stack.enter_async_context(
            open_context(settings, store, runner=runner, telemetry=sidecar)
        )


async def _runner(settings: Settings) -> Runner:
    """The sandbox of this process; its probe takes a moment and is made once."""
    key = f"{settings.sandbox} {settings.unsafe_no_sandbox} {settings.home}"
    if key not in _RUNNERS:
        _RUNNERS[key] = await open_runner(settings)
    return _RUNNERS[key]


def _sidecar(settings: Settings) -> Sidecar:
    """For runs of all threads. Blocks: the first time, OpenTelemetry may be imported."""
    sidecar = open_sidecar(settings)
    _SIDECARS[str(settings.home)] = sidecar  # kept, for nobody else holds it between two runs
    return sidecar
