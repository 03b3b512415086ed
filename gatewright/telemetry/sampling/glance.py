"""CPU and memory of the machine, read in some ten microseconds without a library or a thread.

For the edges of a run, where nobody can wait for the sampler. Where there is no `/proc`, psutil
answers the same questions.
"""

import os
import sys
import time
from functools import cache, lru_cache
from typing import NamedTuple

_ENOUGH_S = 0.02
"""CPU time, over all cores: the kernel counts in steps of 10 ms."""
_OLD_S = 60.0
"""Usage since longer ago says nothing of now."""


class CpuTime(NamedTuple):
    """Seconds of all cores since the machine started."""

    busy: float
    total: float
    at: float
    """`time.monotonic()` of the reading."""


class CpuClock:
    """Turns readings of the CPU's time into usage, each since one that was made before.

    Two marks are kept: a reading so soon after the newer one that nothing can be told is compared
    with the older one. Any thread may ask.
    """

    def __init__(self) -> None:
        self._marks: tuple[CpuTime, ...] = ()

    def pct(self, now: CpuTime, *, since: CpuTime | None = None) -> float | None:
        """Usage in percent of all cores up to `now`; None when there is nothing to compare with.

        `since` is preferred to the marks.
        """
        marks = self._marks
        if not marks or now.total - marks[-1].total >= _ENOUGH_S:
            self._marks = (*marks[-1:], now)
        for mark in (since, *reversed(marks)):
            if mark is None or now.at - mark.at > _OLD_S * 2:
                continue
            elapsed = now.total - mark.total
            if elapsed >= _ENOUGH_S:
                return min(100.0, max(0.0, (now.busy - mark.busy) / elapsed * 100))
        return None


CLOCK = CpuClock()
"""One for the process: the more that is asked of it, the more there is to compare with."""


def cpu_time() -> CpuTime | None:
    """None where it cannot be read cheaply: no `/proc`, and nobody has imported psutil."""
    file = _file("/proc/stat", os.getpid())
    if file is not None:
        line = os.pread(file, 256, 0).split(b"\n", 1)[0]
        user, nice, system, idle, iowait, *stolen = (int(part) for part in line.split()[1:9])
        busy = user + nice + system + sum(stolen)  # a guest's time is part of the user's
        ticks = _ticks()
        return CpuTime(busy / ticks, (busy + idle + iowait) / ticks, time.monotonic())
    return psutil_cpu_time() if "psutil" in sys.modules else None


def psutil_cpu_time() -> CpuTime:
    """The same figures as psutil gives them."""
    import psutil  # noqa: PLC0415  30 ms, not before the first run

    times = psutil.cpu_times()
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    total = sum(times) - guests
    idle = times.idle + getattr(times, "iowait", 0.0)
    return CpuTime(total - idle, total, time.monotonic())


def memory_pct() -> float | None:
    """Of the machine, what is not available to a new process."""
    file = _file("/proc/meminfo", os.getpid())
    if file is None:
        if "psutil" not in sys.modules:
            return None
        import psutil  # noqa: PLC0415

        return float(psutil.virtual_memory().percent)
    found: dict[bytes, int] = {}
    for line in os.pread(file, 256, 0).split(b"\n")[:4]:
        name, _, rest = line.partition(b":")
        if name in {b"MemTotal", b"MemAvailable"}:
            found[name] = int(rest.split()[0])
    if len(found) < 2:
        return None
    return (1 - found[b"MemAvailable"] / found[b"MemTotal"]) * 100


@lru_cache(maxsize=8)
def _file(path: str, pid: int) -> int | None:
    """Kept open for this process: opening costs more than reading, and waits for a disk."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


@cache
def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")
