"""What was seen while one run was under way."""

import threading
from collections.abc import Mapping

from gatewright.domain.metrics import RunMetrics, Spread, Violation
from gatewright.telemetry.sampling.host import HostSample

_HOST = ("cpu_percent", "memory_percent", "disk_percent")
_GPU = "gpu_percent"


class Window:
    """Sums of samples, from a run's start to its end; no I/O. Any thread may call it."""

    def __init__(self, thresholds: Mapping[str, float | None]) -> None:
        """`thresholds` by metric, in percent; a sample beyond one is a violation."""
        self._lock = threading.Lock()
        self._tallies = {name: _Tally(name, thresholds.get(name)) for name in (*_HOST, _GPU)}
        self._cpu, self._memory, self._disk = (self._tallies[name] for name in _HOST)
        self._gpu = self._tallies[_GPU]
        self._last: HostSample | None = None
        self._gpu_at: float | None = None
        self.closed = False
        self.samples = 0
        """Different ones; those of the edges included."""
        self.samples_within = 0
        """Without those of the edges."""
        self.together = 1
        """Runs under way at a time, this one included; set by whoever counts them."""

    @property
    def told(self) -> bool:
        """Whether there is a start, an end, and CPU usage in between."""
        return self.samples >= 2 and self._cpu.count > 0

    @property
    def busy(self) -> bool:
        """Whether CPU usage was seen at all."""
        return self._cpu.count > 0

    def add(self, host: HostSample, *, edge: bool = False, again: bool = False) -> None:
        """One sample. The same object a second time, or any after `close`, changes nothing.

        `again`: it counts a second time, as the start and the end of a run too short for two.
        """
        with self._lock:
            if self.closed or (host is self._last and not again):
                return
            self._last = host
            self.samples += 1
            if not edge:
                self.samples_within += 1
            self._cpu.add(host.cpu_pct)
            self._memory.add(host.mem_pct)
            self._disk.add(host.disk_pct)

    def add_gpu(self, pct: float, at: float) -> None:
        """Of the busiest GPU at a moment; the same moment a second time changes nothing."""
        with self._lock:
            if not self.closed and at != self._gpu_at:
                self._gpu_at = at
                self._gpu.add(pct)

    def close(self) -> None:
        """From now on nothing changes."""
        with self._lock:
            self.closed = True

    def forget(self) -> None:
        """In a forked child, where the thread that may hold the lock does not exist."""
        self._lock = threading.Lock()

    def metrics(
        self, trace_id: str, *, duration_s: float, dropped: int = 0, lost: int = 0
    ) -> RunMetrics:
        """What was seen so far."""
        with self._lock:
            violations = tuple(v for t in self._tallies.values() if (v := t.violation()))
            # Numbers of our own need no validation, which would take a run longer than all else.
            return RunMetrics.model_construct(
                trace_id=trace_id,
                duration_seconds=duration_s,
                sample_count=self.samples,
                sample_count_in_window=self.samples_within,
                threshold_violations=sum(v.count for v in violations),
                violations=violations,
                concurrent_runs_max=self.together,
                dropped_events=dropped,
                lost_events=lost,
                cpu_percent=self._cpu.spread(),
                memory_percent=self._memory.spread(),
                disk_percent=self._disk.spread(),
                gpu_percent=self._gpu.spread(),
            )


class _Tally:
    """Of one metric."""

    __slots__ = ("count", "least", "limit", "most", "name", "over", "total")

    def __init__(self, name: str, limit: float | None) -> None:
        self.name = name
        self.limit = float("inf") if limit is None else limit
        self.count = self.over = 0
        self.total = 0.0
        self.least, self.most = float("inf"), float("-inf")

    def add(self, value: float | None) -> None:
        if value is None:
            return
        self.count += 1
        self.total += value
        # `min` and `max` take three times as long, and this is done a thousand times a tick.
        if value < self.least:  # noqa: PLR1730
            self.least = value
        if value > self.most:  # noqa: PLR1730
            self.most = value
        if value > self.limit:
            self.over += 1

    def spread(self) -> Spread | None:
        if not self.count:
            return None
        # The mean of equal numbers may round to one beside them.
        mean = min(self.most, max(self.least, self.total / self.count))
        return Spread.model_construct(min=self.least, avg=mean, max=self.most)

    def violation(self) -> Violation | None:
        if not self.over:
            return None
        return Violation(metric=self.name, limit=self.limit, count=self.over, max=self.most)
