"""The memory of this process."""

import os
from time import perf_counter_ns

_FRESH_NS = 10_000_000


class Memory:
    """Remembers what it read: a look takes longer than a short node."""

    def __init__(self) -> None:
        self.known: int | None = None
        """Resident bytes of the whole process when somebody looked last; None without `/proc`."""
        self.look_again()

    def look_again(self) -> None:
        """In a forked child: the parent's open file still tells of the parent."""
        self._statm: int | None = None
        self._looked_ns = -_FRESH_NS
        self._open()
        self.bytes(perf_counter_ns())

    def bytes(self, now_ns: int) -> int | None:
        """At most ten milliseconds old at a moment of `perf_counter_ns`."""
        if now_ns - self._looked_ns < _FRESH_NS or self._statm is None:
            return self.known
        self._looked_ns = now_ns
        try:
            self.known = int(os.pread(self._statm, 128, 0).split()[1]) * self._page
        except (OSError, ValueError, IndexError):
            self.known = None
        return self.known

    def _open(self) -> None:
        try:
            self._page = os.sysconf("SC_PAGE_SIZE")
            self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError):
            self.known = None


MEMORY = Memory()
os.register_at_fork(after_in_child=MEMORY.look_again)
