"""The one thread of a process that writes the sidecar's rows."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gatewright.telemetry import private
from gatewright.telemetry.files import Busy
from gatewright.telemetry.queue import Losses, Row, RowQueue, Tuning
from gatewright.telemetry.storing import Store
from gatewright.telemetry.surrender import surrender

logger = logging.getLogger(__name__)

Prepare = private.Prepare

Sink = Callable[[list[Row]], None]
"""Is told rows that were written; must neither block nor keep the list."""

KNOCK_S = 0.5
"""How long a reader of another process may have to wait; a look costs a fifth of a millisecond,
for a thread that was asleep finds its caches cold."""

GIVE_WAY_S = 0.05
"""How long the file stays closed at least while somebody reads."""

FORGOTTEN_S = 1.0
"""How long it may take to notice that nobody wants it any more; a look costs a microsecond."""

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
    for writer in parents:
        writer.abandon()
    return parents


class _Flight(NamedTuple):
    """Rows between the queue and the database."""

    rows: list[Any]
    ready: bool
    """`prepare` has seen them."""


class Writer:
    """Takes rows from the queue, in batches, into a file that this process owns.

    A thread is there from the first row on; while there are none it sleeps, and once a second sees
    whether it is still wanted. What cannot be written is kept and tried again, ever more seldom;
    the queue's bound then says what is dropped. A thread that is killed is replaced, and goes on
    with the rows that the other had in hand.
    """

    def __init__(
        self,
        folder: Path,
        queue: RowQueue,
        losses: Losses,
        tuning: Tuning,
        *,
        prepare: Prepare | None = None,
        sinks: Sequence[Sink] = (),
        retention_days: int = 90,
    ) -> None:
        self._folder = folder
        self._prepare = prepare
        self._sinks = sinks
        self._queue = queue
        self._losses = losses
        self._tuning = tuning
        self._thread: threading.Thread | None = None
        self._starting = threading.RLock()
        self._some = threading.Event()
        self._urgent = threading.Event()
        self._turn = threading.Condition()
        self.awake = self._soon = False
        """The thread knows that there are rows; that some of them are urgent."""
        self.batch_rows = tuning.batch_rows
        """That many call for it."""
        self._asked = self._answered = 0
        self._clean = True
        self._closing: float | None = None
        self._heir = self._ended = False
        self._idle_s = tuning.interval_s * (tuning.patient + 1)
        self._look_s = min(tuning.interval_s, FORGOTTEN_S)
        self._flight: _Flight | None = None
        self._careful = False
        self._trouble: str | None = None
        self._store = Store(folder, losses, retention_days=retention_days)
        self._wrote_at = 0.0
        self._busy_since: float | None = None
        self._backoff_s = 0.0

    def wake(self, *, urgent: bool = True) -> None:
        """A row was queued; never raises."""
        if urgent:
            self._soon = True
        if not self.awake:
            self._start()
            self.awake = self._thread is not None
            self._some.set()
        if len(self._queue) >= self.batch_rows and self._clean:
            self._urgent.set()

    def flush(self, timeout_s: float) -> bool:
        """Write what was queued before this call; whether all of it is written.

        Afterwards anybody can read it, with any tool, until more comes.
        """
        if self._thread is None and not len(self._queue):
            return True
        with self._turn:
            self._asked += 1
            ticket = self._asked
        self._urge()
        with self._turn:
            self._turn.wait_for(lambda: self._answered >= ticket, timeout_s)
            return self._answered >= ticket and self._clean

    def forget(self) -> None:
        """Nobody wants it any more: the thread writes out what is left, and ends.

        For finalizers. They may run in the midst of anything, in the writer's thread as well, so
        nothing is locked, woken or started here; the thread looks now and then.
        """
        self._closing = time.monotonic() + self._tuning.close_s

    def close(self, *, heir: bool = False) -> None:
        """Write out what is left, let go of the file, end the thread. Blocks.

        What is not written after `close_s` is counted as lost, and logged; where an heir takes
        from the same queue, what only comes too late is left to it.
        """
        self._heir = heir
        self._closing = time.monotonic() + self._tuning.close_s
        if self._thread is not None or len(self._queue):
            self._urge()
        if self._thread is not None:
            self._thread.join(self._tuning.close_s + 1.0)
        if not (heir and self._ended):
            self._ended = True  # who is stalled must not take the heir's rows for its own
            self._give_up()

    def abandon(self) -> None:
        """In a forked child: the file stays the parent's, and is not locked by us."""
        self._store.release()

    def _urge(self) -> None:
        self._start()
        self._urgent.set()
        self._some.set()

    def _start(self) -> None:
        if sys.is_finalizing():
            return  # a thread would never get as far as to say that it has begun
        with self._starting:
            if self._ended:
                return
            if self._thread is not None:
                if self._thread.is_alive():
                    return
                self._losses.error("writer died")
            thread = threading.Thread(target=self._run, name="gatewright-sidecar", daemon=True)
            _RUNNING.add(self)
            try:
                thread.start()
            except RuntimeError:  # no more threads here; the next row asks again
                self._thread = None
                self._losses.error("writer not started")
            else:
                self._thread = thread

    # In the thread

    def _run(self) -> None:
        while not self._ended:
            try:
                self._work()
                self._ended = True
            except BaseException as error:  # noqa: BLE001  whoever ends it must not end the record
                self.awake = False
                self._died(error)
                if self._closing is not None and time.monotonic() > self._closing:
                    self._ended = True
                    self._give_up()
        self._store.release()
        _RUNNING.discard(self)

    def _work(self) -> None:
        while True:
            self._wait()
            self._urgent.clear()
            # In this order, and before the rows are taken: no row comes unnoticed.
            self._some.clear()
            self.awake = self._soon = False
            asked = self._asked
            self._drain()
            give_way = self._clean and self._store.knocked()
            if not self._clean:
                self._some.set()
            elif give_way or asked != self._answered:
                self._store.shut()
            if self._busy_since is None:
                with self._turn:
                    self._answered = asked
                    self._turn.notify_all()
            if self._closing is None:
                self._keep_house()
                if give_way:
                    time.sleep(GIVE_WAY_S)
            elif self._finished(self._closing):
                break
        self._last_words()

    def _wait(self) -> None:
        """Until there is something to write, and it is time for it."""
        while not self._some.wait(self._nap_s()):
            if self._closing is not None:
                return
            self._keep_house()
        begun = time.monotonic()
        while (left := begun + self._pause_s() - time.monotonic()) > 0:
            is_open = self._store.is_open
            # What is urgent may come while it waits for what is not.
            if self._urgent.wait(min(left, KNOCK_S if is_open else self._look_s)):
                return
            if is_open and self._store.knocked():
                return

    def _nap_s(self) -> float:
        """How long to sleep at most while there are no rows."""
        if self._store.is_open:
            idle = self._wrote_at + self._idle_s - time.monotonic()
            return max(0.0, min(KNOCK_S, idle))
        publish = self._store.publish_in_s()
        return FORGOTTEN_S if publish is None else min(publish, FORGOTTEN_S)

    def _pause_s(self) -> float:
        if self._closing is not None:
            return 0.05
        if not self._clean:
            return self._backoff_s
        return self._tuning.interval_s * (1 if self._soon else self._tuning.patient)

    def _keep_house(self) -> None:
        """Publish and sweep when it is time; close what nobody writes to, or somebody reads."""
        try:
            if self._store.publish_in_s() == 0.0:
                self._store.publish()
            if self._clean:
                self._store.sweep()
        except Busy:
            pass  # it is tried again in a minute
        except Exception as error:  # noqa: BLE001  as in `_drain`
            self._losses.error(f"housekeeping: {type(error).__name__}")
        if self._store.is_open and (
            time.monotonic() - self._wrote_at >= self._idle_s or self._store.knocked()
        ):
            self._store.shut()

    def _finished(self, deadline: float) -> bool:
        """While closing: a file that is only busy is waited for until the deadline."""
        if self._ended or (self._clean and not len(self._queue)):
            return True
        if (self._clean or self._busy_since is not None) and time.monotonic() < deadline:
            self._some.set()
            return False
        if not (self._clean and self._heir):
            self._give_up()
        return True

    def _give_up(self) -> None:
        """What is in hand and in the queue is lost."""
        flight, self._flight = self._flight, None
        rows = [*(flight.rows if flight is not None else ()), *self._queue.take(len(self._queue))]
        surrender(rows, self._losses, folder=self._folder, trouble=self._trouble)

    def _last_words(self) -> None:
        try:
            if self._clean:
                self._store.finish()
        except Exception as error:  # noqa: BLE001  nobody is there to try it again
            self._losses.error(f"last words: {type(error).__name__}")

    def _drain(self) -> None:
        """Write what is queued; afterwards `_clean` says whether all of it is written."""
        first, longest = self._tuning.backoff_s
        begun = time.perf_counter()
        try:
            self._write_all()
        except Busy:
            self._backoff_s = first
            self._trouble = "another process holds the file"
            self._busy()
            self._clean = False
        except Exception as error:  # noqa: BLE001  whatever DuckDB or the disk answers, runs go on
            self._backoff_s = first if self._clean else min(self._backoff_s * 2, longest)
            self._failed(error)
            self._clean = False
        else:
            self._busy_since = None
            self._clean, self._trouble = True, None
            self._store.health.took((time.perf_counter() - begun) * 1000)

    def _write_all(self) -> None:
        # What comes meanwhile waits: it would be written in crumbs.
        left = len(self._queue)
        while True:
            left -= self._load(left)
            rows = self._ready()
            if not rows and not self._store.health.due(now_writing=False):
                return
            written = self._store.write(rows, queued=len(self._queue))
            self._flight = None
            self._wrote_at = time.monotonic()
            self._tell(written)

    def _load(self, most: int) -> int:
        """Take rows, unless there are some; how many."""
        if self._flight is not None and self._flight.rows:
            return 0
        # Known to `self` before it has rows: they must not be forgotten with this thread.
        self._flight = _Flight([], ready=False)
        self._queue.take_into(self._flight.rows, min(most, self._tuning.batch_rows))
        return len(self._flight.rows)

    def _ready(self) -> list[Row]:
        """The rows that were taken, as they may be written."""
        flight = self._flight or _Flight([], ready=True)
        if not flight.ready:
            built = private.built(flight.rows, self._losses)
            rows = private.prepared(built, self._prepare, self._losses, careful=self._careful)
            self._flight = flight = _Flight(rows, ready=True)
        self._store.own()
        if self._careful:
            # One of them may be what ended the thread before.
            self._flight = flight = _Flight(self._store.harmless(flight.rows), ready=True)
            self._careful = False
        return flight.rows

    def _tell(self, rows: list[Row]) -> None:
        for sink in self._sinks if rows else ():
            try:
                sink(rows)
            except Exception as error:  # noqa: BLE001  its loss; the rows are safe
                self._losses.error(f"sink: {type(error).__name__}")

    def _busy(self) -> None:
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        if now - self._busy_since < self._tuning.patience_s:
            return
        try:
            self._store.own_another()
        except OSError as error:
            self._failed(error)
        else:
            self._losses.error("another process held the file")

    def _failed(self, error: Exception) -> None:
        self._trouble = type(error).__name__
        self._losses.error(self._trouble)
        if self._clean:
            logger.warning(
                "telemetry cannot be written to %s (%s); runs go on, rows are kept as long as"
                " there is room, and what is lost is counted",
                self._folder,
                error,
            )

    def _died(self, error: BaseException) -> None:
        first, longest = self._tuning.backoff_s
        self._backoff_s = first if self._clean else min(self._backoff_s * 2, longest)
        self._clean = False
        self._careful = True
        self._trouble = "writer died"
        self._losses.error(self._trouble)
        self._store.shut()
        self._some.set()
        logger.warning("the telemetry writer was ended by %r; it goes on", error)
