"""One look at the machine and at this process, through psutil."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.glance import (
    CLOCK,
    CpuTime,
    cpu_time,
    memory_pct,
    psutil_cpu_time,
)

if TYPE_CHECKING:
    import psutil

_T = TypeVar("_T")
_DISK_LASTS_S = 60.0
"""How long a reading of the disk stands for those who cannot wait for another."""
_MOST_THREADS = 256
"""Of a process whose children are counted: each has a list of its own."""


class HostSample(NamedTuple):
    """Columns of `hardware_samples`; None: not read."""

    cpu_pct: float | None = None
    load1: float | None = None
    mem_pct: float | None = None
    mem_used_bytes: int | None = None
    disk_pct: float | None = None
    disk_read_bytes: int | None = None
    disk_write_bytes: int | None = None
    proc_cpu_s: float | None = None
    proc_rss_bytes: int | None = None
    proc_threads: int | None = None
    children: int | None = None


class HostProbe:
    """Reads; what cannot be read is None, noted, and costs no other figure."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        """`folder` need not exist; its disk is the one that is watched."""
        self._folder = folder
        self._faults = faults
        self._last_cpu: CpuTime | None = None
        self._disk: tuple[float, float] | None = None
        self._process: psutil.Process | None = None
        # Something to compare with, should the first run be over before its sampler is up.
        self._try("cpu", self._glance_cpu)

    def sample(self) -> HostSample:
        """Everything, in about 0.4 ms; for one thread only, and not for an event loop's."""
        # The disk first: a short run may be waiting for it, see `glance`.
        disk = self._try("disk", self._disk_now)
        figures: dict[str, Any] = {
            "cpu_pct": self._try("cpu", self._cpu),
            "load1": self._try("load", lambda: os.getloadavg()[0]),
            "disk_pct": disk,
            "children": self._try("children", lambda: descendants(os.getpid())),
        }
        for what, read in (("memory", _memory), ("disk io", _disk_io), ("process", self._own)):
            figures.update(self._try(what, read) or {})
        return HostSample(**figures)

    def glance(self) -> HostSample:
        """CPU, memory and disk in some ten microseconds; on any thread.

        An event loop is not made to wait for a disk: it gets what was read within a minute.
        """
        disk = self._disk
        pct = disk[0] if disk and time.monotonic() - disk[1] < _DISK_LASTS_S else None
        if pct is None and asyncio._get_running_loop() is None:
            pct = self._try("disk", self._disk_now)
        return HostSample(
            cpu_pct=self._try("cpu", self._glance_cpu),
            mem_pct=self._try("memory", memory_pct),
            disk_pct=pct,
        )

    def _try(self, what: str, read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except Exception as error:  # noqa: BLE001  psutil's errors are many, a figure is not worth a run
            self._faults.note(what, error)
            return None

    def _cpu(self) -> float | None:
        now = psutil_cpu_time()
        pct = CLOCK.pct(now, since=self._last_cpu)
        self._last_cpu = now
        return pct

    def _glance_cpu(self) -> float | None:
        now = cpu_time()
        return None if now is None else CLOCK.pct(now)

    def _disk_now(self) -> float | None:
        """As `df` has it: of what is not reserved for the system."""
        for folder in (self._folder, *self._folder.parents):
            try:
                disk = os.statvfs(folder)
            except FileNotFoundError:
                continue
            used = disk.f_blocks - disk.f_bfree
            usable = used + disk.f_bavail
            if usable <= 0:
                return None
            pct = used / usable * 100
            self._disk = (pct, time.monotonic())
            return pct
        return None

    def _own(self) -> dict[str, Any]:
        import psutil  # noqa: PLC0415

        if self._process is None:
            self._process = psutil.Process()
        used = self._process.cpu_times()
        return {
            "proc_cpu_s": used.user + used.system,
            "proc_rss_bytes": self._process.memory_info().rss,
            "proc_threads": self._process.num_threads(),
        }


def _memory() -> dict[str, Any]:
    import psutil  # noqa: PLC0415

    memory = psutil.virtual_memory()
    return {"mem_pct": memory.percent, "mem_used_bytes": memory.total - memory.available}


def _disk_io() -> dict[str, Any]:
    import psutil  # noqa: PLC0415

    disks = psutil.disk_io_counters(nowrap=False)
    if disks is None:
        return {}
    return {"disk_read_bytes": disks.read_bytes, "disk_write_bytes": disks.write_bytes}


def descendants(pid: int) -> int | None:
    """Processes below one; None where the kernel does not list them.

    psutil looks through all processes of the machine for that, ten times as long.
    """
    count, parents = 0, [pid]
    while parents:
        below = children(parents.pop())
        if below is None:
            return None
        count += len(below)
        parents += below
    return count


def children(pid: int) -> list[int] | None:
    """Of all its threads; empty when it has ended meanwhile."""
    found: list[int] = []
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return [] if Path("/proc/self/task").exists() else None
    if len(tasks) > _MOST_THREADS:
        return None
    for task in tasks:
        try:
            found += [int(child) for child in (task / "children").read_bytes().split()]
        except (FileNotFoundError, ProcessLookupError):
            if task.exists():
                return None  # a kernel without these lists
    return found
