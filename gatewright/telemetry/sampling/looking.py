"""Looks at the machine and its GPUs, remembers the last look, and makes rows of it."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.host import HostSample
from gatewright.telemetry.scope import host as host_name

if TYPE_CHECKING:
    from gatewright.telemetry.sampling.gpu import GpuSample

_NODES = "gatewright.telemetry.meters"

Put = Callable[[str, Mapping[str, Any]], object]


class Probe(Protocol):
    """Looks at the machine; `HostProbe`."""

    def sample(self) -> HostSample:
        """Everything; may take a millisecond."""
        ...

    def glance(self) -> HostSample:
        """CPU, memory and disk, at once."""
        ...


class Gpus(Protocol):
    """Looks at the GPUs; `GpuProbe`."""

    def sample(self) -> "Sequence[GpuSample]":
        """One a GPU; empty where there is none."""
        ...

    def close(self) -> None:
        """Let go of the driver."""
        ...


class Look(NamedTuple):
    """What was seen of the machine."""

    host: HostSample
    at: float


class GpuLook(NamedTuple):
    """How busy the busiest GPU was."""

    pct: float
    at: float


class Looking:
    """Not afraid of its probes: what they raise is noted, but for `glance`."""

    def __init__(
        self,
        probe: Probe,
        gpus: Gpus | None,
        *,
        put: Put,
        faults: Faults,
        clock: Callable[[], float],
    ) -> None:
        """`put` takes rows of `hardware_samples` and `gpu_samples`."""
        self._probe = probe
        self._gpus = gpus
        self._put = put
        self._faults = faults
        self._clock = clock
        self.last: Look | None = None
        self.last_gpu: GpuLook | None = None

    def glance(self, *, active: int) -> Look:
        """The least, at once, on the thread of a run. Raises: whatever the probe raises."""
        begun_ns = time.thread_time_ns()
        return self._seen(self._probe.glance(), begun_ns, active)

    def look(self, *, active: int) -> Look | None:
        """Everything of the machine; for the sampler's thread."""
        begun_ns = time.thread_time_ns()
        try:
            return self._seen(self._probe.sample(), begun_ns, active)
        except Exception as error:  # noqa: BLE001  see Faults
            self._faults.note("host", error)
            return None

    def look_at_gpus(self) -> GpuLook | None:
        """A driver takes its time when it is asked for the first time."""
        if self._gpus is None:
            return None
        try:
            samples = self._gpus.sample()
        except Exception as error:  # noqa: BLE001  see Faults
            self._faults.note("gpu", error)
            return None
        where = {"host": host_name(), "pid": os.getpid(), "ts": datetime.now(UTC)}
        for sample in samples:
            self._put("gpu_samples", {**where, **sample._asdict()})
        busy = [sample.gpu_pct for sample in samples if sample.gpu_pct is not None]
        if not busy:
            return None
        self.last_gpu = GpuLook(max(busy), self._clock())
        return self.last_gpu

    def close(self) -> None:
        """Let go of the driver."""
        if self._gpus is None:
            return
        try:
            self._gpus.close()
        except Exception as error:  # noqa: BLE001  see Faults
            self._faults.note("gpu", error)

    def _seen(self, host: HostSample, begun_ns: int, active: int) -> Look:
        self.last = Look(host, self._clock())
        nodes = sys.modules.get(_NODES)
        row = {
            "host": host_name(),
            "pid": os.getpid(),
            "ts": datetime.now(UTC),
            "active_runs": active,
            "active_nodes": nodes.METER.active if nodes else None,
            **host._asdict(),
            "sample_cost_us": (time.thread_time_ns() - begun_ns) // 1000,
        }
        self._put("hardware_samples", row)
        return self.last
