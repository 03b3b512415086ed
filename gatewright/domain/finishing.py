"""Wait for work that must not be left half done when its waiter is cancelled."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def settle(task: asyncio.Future[Any]) -> None:
    """Wait until the task is done, however often this is cancelled; the task is not.

    A cancellation goes on when the task is done; what the task raised is then forgotten.
    """
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as lost
        raise cancelled


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end even when this is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    await settle(task)
    return task.result()


async def finish(work: Callable[[], T]) -> T:
    """Run blocking work in a thread, to its end even when this is cancelled meanwhile."""
    return await whole(asyncio.to_thread(work))
