"""A machine, cards and a clock that do as a test says, for the sampler to look at."""

import itertools
import threading
import time

from gatewright.telemetry.sampling.gpu import GpuSample
from gatewright.telemetry.sampling.host import HostSample

PATIENCE_S = 20.0


class Machine:
    """A probe whose every reading says how many there were before."""

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault
        self._numbers = itertools.count(1)
        self._seen = threading.Condition()
        self.seen = 0

    def sample(self) -> HostSample:
        with self._seen:
            self.seen += 1
            self._seen.notify_all()
        if self.fault is not None:
            raise self.fault
        return HostSample(cpu_pct=float(next(self._numbers)), mem_pct=50.0, disk_pct=20.0)

    def glance(self) -> HostSample:
        if isinstance(self.fault, Exception):
            raise self.fault
        return HostSample(cpu_pct=float(next(self._numbers)), mem_pct=50.0, disk_pct=20.0)

    def wait(self, samples: int) -> None:
        assert self.comes(samples, PATIENCE_S)

    def comes(self, samples: int, patience_s: float) -> bool:
        with self._seen:
            return self._seen.wait_for(lambda: self.seen >= samples, patience_s)


class Rows:
    """What was put, and a way to wait for it."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.rows: list[dict] = []
        self._more = threading.Condition()

    def put(self, table, row) -> None:
        with self._more:
            self.tables.append(table)
            self.rows.append(dict(row))
            self._more.notify_all()

    def of(self, table):
        return [row for name, row in zip(self.tables, self.rows, strict=True) if name == table]

    def wait(self, table, number) -> list[dict]:
        with self._more:
            assert self._more.wait_for(lambda: self.tables.count(table) >= number, PATIENCE_S)
        return self.of(table)


class Cards:
    """GPUs that are this busy."""

    def __init__(self, *busy: float, fault: Exception | None = None) -> None:
        self.busy = busy
        self.fault = fault
        self.closed = 0

    def sample(self) -> list[GpuSample]:
        if self.fault is not None:
            raise self.fault
        return [GpuSample(index, gpu_pct=pct) for index, pct in enumerate(self.busy)]

    def close(self) -> None:
        self.closed += 1
        if self.fault is not None:
            raise self.fault


class Clock:
    """Real time, which a test may shift."""

    def __init__(self) -> None:
        self.shift_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.shift_s
