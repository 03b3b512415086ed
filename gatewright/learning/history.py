"""The router's history of one home, shared by all runs of this process."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gatewright.telemetry.routing_history import CountedReading
from routing.drift import Drift
from routing.history import History

FRESH_S = 60.0
"""What other processes have seen meanwhile is read anew after so long."""


class SharedHistory:
    """Read from the sidecar's files when it is needed, in a thread; what this process sees itself
    counts at once."""

    def __init__(
        self,
        folder: Path,
        *,
        read: Callable[[Path], CountedReading],
        on_problem: Callable[[str], None],
        fresh_s: float = FRESH_S,
        half_life: float | None = None,
        on_drift: Callable[[Drift], None] | None = None,
    ) -> None:
        """`read` blocks, and gives an empty history where there is none."""
        self.history = History(half_life=half_life, on_drift=on_drift)
        self._folder = folder
        self._read = read
        self._on_problem = on_problem
        self._fresh_s = fresh_s
        self._read_at: float | None = None
        self._reading = threading.Lock()

    async def ready(self) -> None:
        """Return when the history is not older than it may be."""
        if not self._is_fresh():
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Read it anew unless somebody just did. Blocks."""
        with self._reading:
            if self._is_fresh():
                return
            found = self._read(self._folder)
            for problem in found.problems:
                self._on_problem(problem)
            # With a file that cannot be read now the counts are too small; what is known is better.
            if self._read_at is None or not found.problems:
                with self.history.lock:
                    self.history.replace(found.counted)
            self._read_at = time.monotonic()

    def _is_fresh(self) -> bool:
        return self._read_at is not None and time.monotonic() - self._read_at < self._fresh_s
