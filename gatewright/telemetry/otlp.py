"""Sends what the writer has written on to an OpenTelemetry collector (OTLP over HTTP).

Needs the extra `otlp`, and only when an endpoint is set. The writer hands over rows and goes on;
what does not find room, or cannot be sent, is counted.
"""

import atexit
import os
import threading
import weakref
from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlsplit

from gatewright.domain.errors import InputError
from gatewright.telemetry.otlp_session import Counts, Pace, Session
from gatewright.telemetry.queue import Losses, Row
from gatewright.telemetry.writer import close_all

TABLES = frozenset(
    {
        *("runs", "node_runs", "llm_calls", "gate_checks", "routing_decisions"),
        *("hardware_samples", "gpu_samples"),
    }
)
"""What is exported; never `llm_contents`, whatever is captured."""

_SETTING = "setting telemetry.otlp_endpoint"
_CLIENT = "gatewright.telemetry.otlp_client"


class OtlpSink:
    """A `Sink` of the writer. Calling it never blocks; its thread begins with the first row."""

    counts: Counts
    _pid: int
    _changing: threading.Lock
    _session: Session | None

    def __init__(self, endpoint: str, *, pace: Pace | None = None) -> None:
        """`endpoint` is the collector's base URL.

        Further settings (headers with keys, certificates, compression) are those of
        OpenTelemetry's environment variables, `OTEL_EXPORTER_OTLP_...`.
        """
        self.endpoint = endpoint
        self._pace = pace or Pace()
        self._losses: Callable[[], Losses] | None = None
        self._begin()
        _OPEN.add(self)

    def report_to(self, losses: Callable[[], Losses]) -> None:
        """Count what is dropped or fails there as well, as errors: so it reaches
        `telemetry_health`.

        The sink outlives its sidecar in the writer's thread: `losses` must not hold the sidecar.
        """
        self._losses = losses

    def __call__(self, rows: list[Row]) -> None:
        """Take what is exported of these rows, as far as there is room.

        After `close` it begins anew, as the sidecar does.
        """
        if os.getpid() != self._pid:
            self._begin()  # a fork: the thread, and what it had, are the parent's
        wanted = [row for row in rows if row.table in TABLES]
        if not wanted:
            return
        with self._changing:
            if self._session is None:
                self._session = Session(self.endpoint, self._pace, self._count)
            session = self._session
        session.put(wanted)

    def close(self, deadline_s: float = 5.0) -> None:
        """Send what is left; what is not sent in time is counted as dropped or failed.

        Blocks for no longer than that, whatever the collector does. Safe to call twice.
        """
        if os.getpid() != self._pid:
            return
        with self._changing:
            session, self._session = self._session, None
        if session is not None:
            session.close(deadline_s)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._changing = threading.Lock()
        self._session = None
        self.counts = Counts()

    def _count(self, what: str, times: int) -> None:
        self.counts.add(what, times)
        if self._losses is not None and what != "exported":
            self._losses().error(f"otlp: {what}", times)


def make_sink(endpoint: str | None) -> OtlpSink | None:
    """The sink for an endpoint; None without one. Blocks for half a second the first time.

    Raises: InputError for what is no collector's base URL, and without the extra `otlp`.
    """
    if endpoint is None:
        return None
    parts = urlsplit(endpoint)
    if parts.username or parts.password or parts.query:
        fix = "Put keys into OTEL_EXPORTER_OTLP_HEADERS."
        raise InputError(_SETTING, "...", "must not hold a password or a key", fix)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem, fix = "is no http(s) URL", "Write it such as 'http://localhost:4318'."
        raise InputError(_SETTING, endpoint, problem, fix)
    try:
        # Now and not in the sink's thread: at the end of a process nothing can be imported.
        import_module(_CLIENT)
    except ImportError as error:
        problem = f"needs packages that are not installed ({error})"
        fix = "Run `pip install gatewright[otlp]`."
        raise InputError(_SETTING, endpoint, problem, fix) from None
    return OtlpSink(endpoint)


_OPEN: weakref.WeakSet[OtlpSink] = weakref.WeakSet()


def _at_exit() -> None:
    """The writers first: their last rows go to the sinks."""
    close_all()
    for sink in list(_OPEN):
        sink.close()


atexit.register(_at_exit)
