"""One run of a task, as the sidecar sees it: whose rows they are, and their sums."""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gatewright.domain.metrics import RunMetrics
from gatewright.telemetry.queue import Drafted, Losses, Row
from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.summary import columns, service_version, tell
from gatewright.telemetry.sampling.window import Window

if TYPE_CHECKING:
    from gatewright.telemetry.frames import Node
    from gatewright.telemetry.handler import RunHandler
    from gatewright.telemetry.sampling.sampler import Sampler

SERVICE = "gatewright"
"""`service.name`."""
Put = Callable[[Row | Drafted], bool]


@cache
def host() -> str:
    """This machine's name, as in every table."""
    return socket.gethostname()


def _version() -> str | None:
    try:
        return service_version()
    except Exception:  # noqa: BLE001  a guard of the event loop, before the sampler has read it
        return None


class RunScope:
    """What `Sidecar.run` gives: put `handler` among the run's callbacks."""

    handler: "RunHandler"
    """Set by the sidecar."""

    def __init__(
        self,
        put: Put,
        losses: Losses,
        about: Mapping[str, Any],
        *,
        sampler: "Sampler | None" = None,
        thresholds: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Without a sampler nobody looks at the machine."""
        self._put = put
        self._losses = losses
        self._faults = Faults(losses)
        self._about = {**about, "host": host(), "pid": os.getpid()}
        self.trace_id: str = about["trace_id"]
        self._sampler = sampler
        self._window = Window(thresholds)
        self._metrics: RunMetrics | None = None
        self._lock = threading.Lock()
        self._begun: tuple[datetime, int] | None = None
        self._over = False
        self._dropped = 0
        self._sums = _Sums()
        self._status: tuple[str, str | None] = ("ok", None)
        self._workflow: str | None = None
        self._outcome: str | None = None

    @property
    def begun(self) -> tuple[datetime, int]:
        """When the run's first event came, by the calendar and by `perf_counter_ns`."""
        if self._begun is None:
            self.begin()
        assert self._begun is not None
        return self._begun

    @property
    def metrics(self) -> RunMetrics | None:
        """The machine while the run is under way, so far; once it has ended, always the same.

        None before the run's first event, and where nobody looks.
        """
        if self._over or self._begun is None or self._sampler is None:
            return self._metrics
        self._window.together = self._sampler.together(self._window)
        return self._figures((time.perf_counter_ns() - self._begun[1]) / 1e6)

    def outcome(self, state: str) -> None:
        """The task's state at the end of this run."""
        self._outcome = state

    def describe(self, **about: str | None) -> None:
        """What was learnt of the task since: `task_id`, `risk`, `area`, `priority`.

        It stands in the row that is written when the run ends.
        """
        self._about.update({name: value for name, value in about.items() if value is not None})

    def begin(self, workflow: str | None = None) -> None:
        """The first thing of this run happened; before that it leaves no trace."""
        if self._begun is not None:
            return
        with self._lock:
            if self._begun is not None:
                return
            self._begun = (datetime.now(UTC), time.perf_counter_ns())
        self._workflow = workflow
        self._queue("runs", {**self._row(), "status": "running"})
        # What comes when the run is over (a thread that it left behind) would be watched for ever.
        if self._sampler is not None and not self._over:
            self._sampler.open(self._window)

    def ended(self, status: str, error_type: str | None) -> None:
        """How the graph's last invocation ended."""
        self._status = (status, error_type)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Queue a row of this run; it must not be changed afterwards."""
        if self._begun is None:
            self.begin()
        if table == "llm_calls":
            with self._lock:
                self._sums.add(row)
        if "trace_id" not in row:
            row = {"trace_id": self.trace_id, **row}
        self._queue(table, row)

    def put_node(self, node: "Node") -> None:
        """Queue a node's row, to be built later."""
        if not self._put(Drafted("node_runs", node)):
            self._dropped += 1

    def finish(self, error: BaseException | None) -> None:
        """The run is over; `error` is what left it, if anything did."""
        self._over = True
        if self._begun is None:
            return
        if (handler := getattr(self, "handler", None)) is not None:
            handler.finish()
        duration_ms = (time.perf_counter_ns() - self._begun[1]) / 1e6
        if self._sampler is not None:
            self._sampler.close(self._window)
            self._metrics = self._figures(duration_ms)
        status, error_type = self._status
        if error is not None and status == "ok":
            status = "error" if isinstance(error, Exception) else "cancelled"
            error_type = type(error).__name__ if status == "error" else None
        row = {
            **self._row(),
            **self._sums.columns(),
            **self._hardware(),
            "ended_at": datetime.now(UTC),
            "duration_ms": duration_ms,
            "status": status,
            "error_type": error_type,
            "outcome": self._outcome,
            "dropped_events": self._dropped,
            "lost_events": self._losses.lost_of(self.trace_id),
        }
        self._queue("runs", row)
        self._tell()

    def _figures(self, duration_ms: float) -> RunMetrics | None:
        try:
            return self._window.metrics(
                self.trace_id,
                duration_s=duration_ms / 1000,
                dropped=self._dropped,
                lost=self._losses.lost_of(self.trace_id),
            )
        except Exception as error:  # noqa: BLE001  a probe may have told nonsense
            self._faults.note("summary", error)
            return None

    def _hardware(self) -> dict[str, Any]:
        """Columns of `runs`."""
        if self._metrics is None or self._sampler is None:
            return {}
        return columns(self._metrics, interval_s=self._sampler.interval_s)

    def _tell(self) -> None:
        if self._metrics is None:
            return
        ids = ("trace_id", "task_id", "conversation_id")
        try:
            tell(self._metrics, {name: self._about.get(name) for name in ids})
        except Exception as error:  # noqa: BLE001  whatever handlers the host's logging has
            self._faults.note("summary", error)

    def _row(self) -> dict[str, Any]:
        started = self._begun[0] if self._begun else None
        return {
            **self._about,
            "service_name": SERVICE,
            "service_version": _version(),
            "workflow_name": self._workflow,
            "started_at": started,
        }

    def _queue(self, table: str, row: Mapping[str, Any]) -> None:
        if not self._put(Row(table, row)):
            self._dropped += 1


class _Sums:
    """Of the model's calls."""

    def __init__(self) -> None:
        self.calls = self.input_tokens = self.output_tokens = self.unpriced = 0
        self.cost = Decimal(0)

    def add(self, row: Mapping[str, Any]) -> None:
        self.calls += 1
        self.input_tokens += row.get("input_tokens") or 0
        self.output_tokens += row.get("output_tokens") or 0
        cost = row.get("cost_amount")
        if cost is not None:
            self.cost += Decimal(str(cost))
        elif row.get("status", "ok") == "ok":
            self.unpriced += 1

    def columns(self) -> dict[str, Any]:
        return {
            "llm_calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_amount": None if self.unpriced else self.cost,
            "cost_currency": None if self.unpriced else "USD",
            "unpriced_calls": self.unpriced,
        }
