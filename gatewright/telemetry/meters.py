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
from typing import Any, NamedTuple

from gatewright.telemetry.rss import rss_bytes


class Reading(NamedTuple):
    """The clocks at a node's start."""

    key: int
    at_ns: int
    thread: int | None
    """None on an event loop's thread, which serves many at once."""
    cpu_ns: int
    """Of the thread, where the node has one to itself; else of the process."""
    children: resource.struct_rusage | None
    """None where the node does not begin alone."""
    rss: int | None
    concurrent: int
    """Nodes under way in this process, this one included."""


class Meter:
    """All nodes of one process; without locks, for each step below is one atomic operation."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._under_way: dict[int, None] = {}
        self._last = 0

    def forget(self) -> None:
        """In a forked child: the parent's nodes are not under way here."""
        self._under_way.clear()

    def start(self) -> Reading:
        """A node begins, on the thread that calls."""
        key = next(self._numbers)
        self._last = key
        self._under_way[key] = None
        concurrent = len(self._under_way)
        thread = None if asyncio._get_running_loop() else threading.get_ident()
        rss = rss_bytes()
        used = resource.getrusage(resource.RUSAGE_CHILDREN) if concurrent == 1 else None
        # Each clock costs half a microsecond: only the one that will be asked is read.
        cpu_ns = time.process_time_ns() if thread is None else time.thread_time_ns()
        return Reading(key, time.perf_counter_ns(), thread, cpu_ns, used, rss, concurrent)

    def stop(self, begun: Reading) -> dict[str, Any]:
        """The node has ended: what it took, as columns of `node_runs`."""
        now_ns = time.perf_counter_ns()
        alone = begun.concurrent == 1 and self._last == begun.key
        self._under_way.pop(begun.key, None)
        cpu_ns, method = None, "none"
        if begun.thread is not None:
            if begun.thread == threading.get_ident():
                cpu_ns, method = time.thread_time_ns() - begun.cpu_ns, "thread"
        elif alone:
            cpu_ns, method = time.process_time_ns() - begun.cpu_ns, "process"
        child_ms = None
        if alone and begun.children is not None:
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            user_s, system_s = begun.children.ru_utime, begun.children.ru_stime
            child_ms = (used.ru_utime - user_s + used.ru_stime - system_s) * 1000
        return {
            "duration_ms": (now_ns - begun.at_ns) / 1e6,
            "cpu_ms": None if cpu_ns is None else cpu_ns / 1e6,
            "cpu_method": method,
            "child_cpu_ms": child_ms,
            "rss_end_bytes": rss_bytes(),
        }


METER = Meter()
"""One for the process: neighbours are counted over all runs."""
os.register_at_fork(after_in_child=METER.forget)
