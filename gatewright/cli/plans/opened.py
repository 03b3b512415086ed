"""Plans and their runs, opened for one command."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from gatewright.orchestration.monitor import OrchestrationMonitor
    from gatewright.orchestration.plans import Plans

T = TypeVar("T")


@asynccontextmanager
async def opened() -> "AsyncIterator[Plans]":
    """Plans to be run in the home that the settings name, until the block ends.

    Raises: InputError for a bad setting.
    """
    from gatewright.orchestration.plans import Plans
    from gatewright.settings import load_settings

    async with Plans(load_settings()) as plans:
        yield plans


@asynccontextmanager
async def looking() -> "AsyncIterator[OrchestrationMonitor]":
    """The runs of that home, to be looked at: nothing that runs a plan is imported.

    Raises: InputError for a bad setting.
    """
    from gatewright.orchestration.monitor import OrchestrationMonitor
    from gatewright.settings import load_settings

    async with OrchestrationMonitor(load_settings()) as monitor:
        yield monitor


def look(call: "Callable[[OrchestrationMonitor], Awaitable[T]]") -> T:
    """What one call says, in an event loop of its own."""

    async def asked() -> T:
        async with looking() as monitor:
            return await call(monitor)

    return asyncio.run(asked())
