"""Ctrl-C while a plan runs: the first cancels the run, and what cleans up still runs; a second
kills everything at once."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

STOPPING = "Stopping; steps that clean up still run. Once more to kill everything at once."


class Stopping:
    """Whether a person wants the run to end, and how much."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self.asked = asyncio.Event()
        """The first signal has come."""
        self._running: asyncio.Task[Any] | None = None

    @property
    def killed(self) -> bool:
        """The second one has come as well."""
        return self._running is not None and self._running.cancelling() > 0

    async def watch(self, work: Coroutine[Any, Any, T]) -> T:
        """The work, with SIGINT and SIGTERM as above until it has ended.

        Raises: CancelledError when it was killed.
        """
        loop = asyncio.get_running_loop()
        self._running = running = asyncio.create_task(work)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self._signalled)
        try:
            return await running
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _signalled(self) -> None:
        if not self.asked.is_set():
            self.asked.set()
            self._note(STOPPING)
        elif self._running is not None:
            self._running.cancel()
