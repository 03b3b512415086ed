"""What a node takes of this process: CPU, memory, neighbours. A few microseconds a reading.

CPU is told only where it can be: a node that has a thread to itself (plain functions in a plain
`invoke`) is measured by its thread's clock; a node on an event loop by the process's clock, as
long as no other node was under way in this process. Where neither holds, it is not known.
"""

import asyncio
import itertools
import os
import resource
import threading
import time
from typing import NamedTuple

from gatewright.telemetry.rss import rss_bytes


class Reading(NamedTuple):
    """The clocks at a node's start."""

    key: int
    at_ns: int
    thread: int | None
    """None on an event loop's thread, which serves many at once."""
    thread_ns: int
    process_ns: int
    children_s: float
    rss: int | None
    concurrent: int
    """Nodes under way in this process, this one included."""


class Taken(NamedTuple):
    """What a node took, as columns of `node_runs`."""

    duration_ms: float
    cpu_ms: float | None
    cpu_method: str
    child_cpu_ms: float | None
    rss_end_bytes: int | None


class Meter:
    """All nodes of one process; without locks, for each step below is one atomic operation."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._under_way: dict[int, None] = {}
        self._last = 0
        self._pid = os.getpid()

    def start(self) -> Reading:
        """A node begins, on the thread that calls."""
        key = next(self._numbers)
        self._last = key
        self._under_way[key] = None
        return Reading(
            key=key,
            rss=rss_bytes(),
            concurrent=len(self._under_way),
            children_s=_children_s(),
            thread=_own_thread(),
            process_ns=time.process_time_ns(),
            thread_ns=time.thread_time_ns(),
            at_ns=time.perf_counter_ns(),
        )

    def stop(self, begun: Reading) -> Taken:
        """The node has ended."""
        now_ns = time.perf_counter_ns()
        alone = begun.concurrent == 1 and self._last == begun.key
        self._under_way.pop(begun.key, None)
        cpu_ms, method = None, "none"
        if begun.thread is not None and begun.thread == _own_thread():
            cpu_ms, method = (time.thread_time_ns() - begun.thread_ns) / 1e6, "thread"
        elif alone:
            cpu_ms, method = (time.process_time_ns() - begun.process_ns) / 1e6, "process"
        return Taken(
            duration_ms=(now_ns - begun.at_ns) / 1e6,
            cpu_ms=cpu_ms,
            cpu_method=method,
            child_cpu_ms=(_children_s() - begun.children_s) * 1000 if alone else None,
            rss_end_bytes=rss_bytes(),
        )


def _own_thread() -> int | None:
    # The private name is asyncio's documented-by-use fast path: no exception where no loop runs.
    return None if asyncio._get_running_loop() else threading.get_ident()


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


METER = Meter()
"""One for the process: neighbours are counted over all runs."""
