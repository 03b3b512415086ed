"""The one thread of a process that writes the sidecar's rows."""

import logging
import os
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from gatewright.telemetry.files import Busy, Slot, take_slot
from gatewright.telemetry.queue import Losses, Row, RowQueue, Tuning
from gatewright.telemetry.rows import Columns
from gatewright.telemetry.scope import host

logger = logging.getLogger(__name__)

_RUNNING: "set[Writer]" = set()
"""Those with a thread: kept here, for whoever made them may have forgotten them."""


def close_all() -> None:
    """At the end of the process: its daemon threads are about to stop dead."""
    for writer in list(_RUNNING):
        writer.close()


def forget_all() -> list["Writer"]:
    """In a forked child: the writers of the parent, whose threads are not here."""
    parents = list(_RUNNING)
    _RUNNING.clear()
    return parents


class Writer:
    """Takes rows from the queue, in batches, into a file that this process owns.

    A thread is there from the first row on; it sleeps while there are none. What cannot be written
    is kept and tried again, ever more seldom; the queue's bound then says what is dropped.
    """

    def __init__(self, folder: Path, queue: RowQueue, losses: Losses, tuning: Tuning) -> None:
        self._folder = folder
        self._queue = queue
        self._losses = losses
        self._tuning = tuning
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._some = threading.Event()
        self._urgent = threading.Event()
        self._turn = threading.Condition()
        self._asked = self._answered = 0
        self._clean = True
        self._closing: float | None = None
        self._pending: list[Row] = []
        self._slot: tuple[int, Slot] | None = None
        self._columns: Columns | None = None
        self._busy_since: float | None = None
        self._backoff_s = 0.0
        self._reported = self._gone = 0
        self._flushes: deque[float] = deque(maxlen=100)
        self._started_at = datetime.now(UTC)

    def wake(self) -> None:
        """A row was queued."""
        if not self._some.is_set():
            if self._thread is None:
                self._start()
            self._some.set()
        if len(self._queue) >= self._tuning.batch_rows and self._clean:
            self._urgent.set()

    def flush(self, timeout_s: float) -> bool:
        """Write what was queued before this call; whether all of it is written."""
        if self._thread is None and not len(self._queue):
            return True
        with self._turn:
            self._asked += 1
            ticket = self._asked
        self._urge()
        with self._turn:
            self._turn.wait_for(lambda: self._answered >= ticket, timeout_s)
            return self._answered >= ticket and self._clean

    def retire(self) -> None:
        """Write out what is left, let go of the file, end the thread; without waiting for it."""
        self._closing = time.monotonic() + self._tuning.close_s
        if self._thread is not None or len(self._queue):
            self._urge()

    def close(self) -> None:
        """The same, waiting for it; what is not written after `close_s` is counted as lost."""
        self.retire()
        if self._thread is not None:
            self._thread.join(self._tuning.close_s + 1.0)
        self._losses.lose(self._queue.take(len(self._queue)))

    def _urge(self) -> None:
        if self._thread is None:
            self._start()
        self._urgent.set()
        self._some.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="gatewright-sidecar", daemon=True)
                _RUNNING.add(self)
                thread.start()
                self._thread = thread

    # In the thread

    def _run(self) -> None:
        while True:
            self._some.wait()
            self._urgent.wait(self._pause_s())
            self._urgent.clear()
            self._some.clear()
            asked = self._asked
            self._drain()
            if not self._clean:
                self._some.set()
            if self._busy_since is None:
                with self._turn:
                    self._answered = asked
                    self._turn.notify_all()
            if self._closing is not None and self._finished(self._closing):
                break
        if self._slot is not None:
            self._slot[1].release()
        _RUNNING.discard(self)

    def _pause_s(self) -> float:
        if self._closing is not None:
            return 0.05
        return self._tuning.interval_s if self._clean else self._backoff_s

    def _finished(self, deadline: float) -> bool:
        """While closing: a file that is only busy is waited for until the deadline."""
        if self._clean and not len(self._queue):
            return True
        if (self._clean or self._busy_since is not None) and time.monotonic() < deadline:
            self._some.set()
            return False
        self._losses.lose(self._pending + self._queue.take(len(self._queue)))
        self._pending = []
        return True

    def _drain(self) -> None:
        """Write what is queued; afterwards `_clean` says whether all of it is written."""
        first, longest = self._tuning.backoff_s
        begun = time.perf_counter()
        try:
            if self._pending or len(self._queue) or self._losses.total() != self._reported:
                self._store()
        except Busy:
            self._backoff_s = first
            self._busy()
            self._clean = False
        except Exception as error:  # noqa: BLE001  whatever DuckDB or the disk answers, runs go on
            self._backoff_s = first if self._clean else min(self._backoff_s * 2, longest)
            self._failed(error)
            self._clean = False
        else:
            self._busy_since = None
            self._clean = True
            self._flushes.append((time.perf_counter() - begun) * 1000)

    def _store(self) -> None:
        if self._slot is None:
            self._slot = take_slot(self._folder)
        with self._slot[1].open() as connection:
            if self._columns is None:
                self._columns = Columns(connection)
            # What comes meanwhile waits: it would be written in crumbs, and keep readers out.
            left = len(self._queue)
            while self._pending or left:
                if not self._pending:
                    self._pending = self._queue.take(min(left, self._tuning.batch_rows))
                    left -= len(self._pending)
                self._columns.store(connection, self._pending, self._losses)
                self._pending = []
            if self._losses.total() != self._reported:
                self._columns.store(connection, [self._health()], self._losses)

    def _busy(self) -> None:
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        if self._slot is None or now - self._busy_since < self._tuning.patience_s:
            return
        number, slot = self._slot
        try:
            self._slot = take_slot(self._folder, beyond=number)
        except OSError as error:
            self._failed(error)
            return
        slot.release()
        self._columns = None
        self._losses.errors["another process held the file"] += 1

    def _failed(self, error: Exception) -> None:
        self._losses.errors[type(error).__name__] += 1
        if self._clean:
            logger.warning(
                "telemetry cannot be written to %s (%s); runs go on, rows are kept as long as"
                " there is room, and what is lost is counted",
                self._folder,
                error,
            )

    def _health(self) -> Row:
        losses = self._losses
        gone = losses.dropped.total() + losses.lost.total()
        flushes = sorted(self._flushes)
        values = {
            "host": host(),
            "pid": os.getpid(),
            "started_at": self._started_at,
            "ts": datetime.now(UTC),
            "state": "degraded" if gone > self._gone else "ok",
            "queued": len(self._queue),
            "dropped": dict(losses.dropped),
            "lost": dict(losses.lost),
            "errors": dict(losses.errors),
            "flush_ms_p95": flushes[int(len(flushes) * 0.95)] if flushes else None,
        }
        self._gone, self._reported = gone, losses.total()
        return Row("telemetry_health", values)
