"""Wait for work that must not be left half done when its waiter is cancelled."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
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


async def finish(work: Callable[[], T]) -> T:
    """Run blocking work in a thread, to its end even when this is cancelled meanwhile."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    await settle(task)
    return task.result()


@asynccontextmanager
async def temporary_folder(*, prefix: str, place: Path | None = None) -> AsyncIterator[Path]:
    """A new folder, gone at the end with whatever was put there; a cancellation leaves none."""
    made: list[tempfile.TemporaryDirectory[str]] = []

    def make() -> None:
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=place, ignore_cleanup_errors=True)
        made.append(folder)

    try:
        await finish(make)
        yield Path(made[0].name)
    finally:
        for folder in made:
            await finish(folder.cleanup)
