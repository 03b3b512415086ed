"""What the sidecar says about itself, as a row among the others."""

import os
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from gatewright.telemetry.queue import Losses, Row
from gatewright.telemetry.scope import host

EVERY_S = 60.0


class Health:
    """Rows of telemetry_health: when rows are first written, every minute, and after a loss."""

    def __init__(self, losses: Losses, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._losses = losses
        self._flushes: deque[float] = deque(maxlen=100)
        self._started_at = datetime.now(UTC)
        self._said_at: float | None = None
        self._told = self._gone = 0
        self._next = (0, 0)
        self._silent = False

    def took(self, milliseconds: float) -> None:
        """How long a flush took."""
        self._flushes.append(milliseconds)

    def wrote(self, rows: int) -> None:
        """So many were written."""
        self._silent = self._silent or rows > 0

    def due(self, *, now_writing: bool, last: bool = False) -> bool:
        """Whether there is something to say; `last`: nobody will ask again."""
        if self._losses.total() != self._told or (last and self._silent):
            return True
        since = self._said_at
        return now_writing and (since is None or self._clock() - since >= EVERY_S)

    def row(self, queued: int) -> Row:
        """The counts as they are now. Call `said` when it is written."""
        losses = self._losses
        self._next = losses.total(), losses.gone()
        flushes = sorted(self._flushes)
        values = {
            "host": host(),
            "pid": os.getpid(),
            "started_at": self._started_at,
            "ts": datetime.now(UTC),
            "state": "degraded" if self._next[1] > self._gone else "ok",
            "queued": queued,
            "dropped": dict(losses.dropped),
            "lost": dict(losses.lost),
            "errors": dict(losses.errors),
            "flush_ms_p95": flushes[int(len(flushes) * 0.95)] if flushes else None,
        }
        return Row("telemetry_health", values)

    def said(self) -> None:
        """The last row is in the database."""
        self._told, self._gone = self._next
        self._said_at = self._clock()
        self._silent = False
