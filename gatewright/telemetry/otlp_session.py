"""One thread that exports, from its first row to its end, and the queue before it."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatewright.logs import logger
from gatewright.telemetry.queue import Row

if TYPE_CHECKING:
    from gatewright.telemetry.otlp_client import Client

_LOG = logger("gatewright.telemetry")

Count = Callable[[str, int], None]
"""Told `exported`, `dropped`, `failed` (rows) or `not started`, and how many."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much is held in memory, and how fast it goes out."""

    capacity: int = 10_000
    """Rows."""
    batch_rows: int = 500
    """The most in one request for traces and one for metrics."""
    interval_s: float = 1.0
    """How long rows wait for others to go along."""
    timeout_s: float = 10.0
    """Of one request, with the tries that a collector which is busy or gone is given."""


class Counts:
    """Rows: each that was handed over is in one of the three in the end."""

    def __init__(self) -> None:
        self.exported = 0
        self.dropped = 0
        """Found the queue full, or were still in it at the end."""
        self.failed = 0
        """Were refused, or could not be sent in time."""
        self._lock = threading.Lock()

    def add(self, what: str, times: int) -> None:
        """Count, from any thread; what is none of the three is not counted."""
        with self._lock:
            if what in ("exported", "dropped", "failed"):
                setattr(self, what, getattr(self, what) + times)


class Session:
    """From the first row to `close`."""

    def __init__(self, endpoint: str, pace: Pace, count: Count) -> None:
        self._endpoint = endpoint
        self._pace = pace
        self._count = count
        self._rows: deque[Row] = deque()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._client: Client | None = None
        self._flight = 0
        self._told = False

    def put(self, rows: list[Row]) -> None:
        """Queue them, as far as there is room; the newest are dropped."""
        with self._lock:
            room = 0 if self._closing.is_set() else self._pace.capacity - len(self._rows)
            self._rows.extend(rows[: max(0, room)])
            self._count_some("dropped", len(rows) - max(0, room))
            self._start()
        self._some.set()

    def close(self, deadline_s: float) -> None:
        """See `OtlpSink.close`."""
        self._closing.set()
        self._some.set()
        thread = self._thread
        if thread is not None:
            thread.join(max(0.0, deadline_s))
        with self._lock:
            self._count_some("dropped", len(self._rows))
            self._rows.clear()
            self._count_some("failed", self._flight)
            self._flight = 0
        if self._client is not None:
            self._client.interrupt()

    def _start(self) -> None:
        if self._closing.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        thread = threading.Thread(target=self._run, name="gatewright-otlp", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads here; the next rows ask again
            self._count("not started", 1)
        else:
            self._thread = thread

    def _count_some(self, what: str, times: int) -> None:
        if times > 0:
            self._count(what, times)

    # In the thread

    def _run(self) -> None:
        try:
            client = self._client = self._connect()
        except Exception as error:  # noqa: BLE001  packages that do not fit each other, say
            self._count("not started", 1)
            self._tell(f"{type(error).__name__}: {error}")
            return
        closing = False
        while not closing:
            self._some.wait()
            # A request for each row would be dear.
            if len(self._rows) < self._pace.batch_rows:
                self._closing.wait(self._pace.interval_s)
            self._some.clear()
            closing = self._closing.is_set()  # no row is taken after that
            while batch := self._take():
                self._send(client, batch)
        client.close()

    def _connect(self) -> "Client":
        from gatewright.telemetry.otlp_client import Client  # noqa: PLC0415  0.3 s, and an extra

        return Client(self._endpoint, timeout_s=self._pace.timeout_s)

    def _take(self) -> list[Row]:
        with self._lock:
            count = min(len(self._rows), self._pace.batch_rows)
            batch = [self._rows.popleft() for _ in range(count)]
            self._flight = count
        return batch

    def _send(self, client: "Client", batch: list[Row]) -> None:
        try:
            problem = client.send(batch, last=self._closing.is_set() and not self._rows)
        except Exception as error:  # noqa: BLE001  a row that is none, a library's own fault
            problem = f"{type(error).__name__}: {error}"
        with self._lock:
            # None, where `close` did not wait for it and has counted it.
            sent, self._flight = self._flight, 0
        self._count_some("exported" if problem is None else "failed", sent)
        self._tell(problem)

    def _tell(self, problem: str | None) -> None:
        """Once for each time that it stops to work, and once when it works again."""
        if problem is not None and not self._told:
            _LOG.warning(
                "otlp_export_failed",
                endpoint=self._endpoint,
                problem=problem,
                next="runs go on; rows that cannot be sent are counted in telemetry_health",
            )
        elif problem is None and self._told:
            _LOG.info("otlp_export_works_again", endpoint=self._endpoint)
        self._told = problem is not None
