"""What a node takes of this machine: CPU, processes, memory. A few microseconds a reading.

`cpu_method` says how the CPU is known:

- `thread`: a plain node, by the clock of the thread that it had to itself. Exact.
- `stepped`: a node on an event loop, step by step over all its tasks, and what it handed to
  threads (see `stepping`). Exact.
- `process`: the loop could not be watched, but no other node was under way: the process's clock.
- `none`: neither held.

A node's CPU is its own: of a subgraph's node it is what its graph took besides the nodes inside,
which have rows of their own; so the sum over all rows counts nothing twice. Threads that it
starts by itself, around asyncio and LangGraph, are not counted; a garbage collection is the work
of the node in which it happens.

`child_cpu_method` is `wait4` where each process was reported when it was collected (the sandbox's
commands and git, by `gatewright.domain.usage`); `process` where none was and the node was alone,
so that all children that ended meanwhile are its own; else `none`.

Memory is the whole process's, shared by all nodes under way.
"""

import asyncio
import itertools
import os
import resource
import threading
import time
from asyncio import AbstractEventLoop
from typing import Any
from uuid import UUID

from gatewright.telemetry import accounts, stepping
from gatewright.telemetry.accounts import ACCOUNTS, HERE, Account, Slot, move, pause, resume
from gatewright.telemetry.rss import rss_bytes


class Reading(Account):
    """A node under way: the clocks at its start, and what has been put down to it since."""

    __slots__ = (
        "at_ns",
        "concurrent",
        "cpu_start_ns",
        "home",
        "key",
        "loop",
        "moved_ns",
        "outer",
        "rss",
        "run_id",
        "thread",
        "used",
    )

    at_ns: int
    key: int
    run_id: UUID | None
    rss: int | None
    concurrent: int
    """Nodes under way in this process, this one included."""
    used: resource.struct_rusage | None
    """By ended children of the process; None where the node does not begin alone."""
    thread: int
    loop: AbstractEventLoop | None
    """That the node began on, where it is watched."""
    home: Slot | None
    """Of the thread that the node has to itself; None on an event loop."""
    outer: Slot | None
    """What the thread was charged to before."""
    cpu_start_ns: int
    """Of the thread where the loop is watched, of the process where it is not."""
    moved_ns: int


class Meter:
    """All nodes of one process; without locks, for each step below is one atomic operation."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._under_way: dict[int, None] = {}
        self._last = 0

    def forget(self) -> None:
        """In a forked child: the parent's nodes are not under way here."""
        self._under_way.clear()
        accounts.forget()
        stepping.forget()

    def start(self, run_id: UUID | None = None) -> Reading:
        """A node begins, on the thread that calls; LangChain knows it by this id."""
        begun = Reading()
        begun.key = key = self._last = next(self._numbers)
        self._under_way[key] = None
        begun.concurrent = concurrent = len(self._under_way)
        begun.run_id = run_id
        begun.thread = threading.get_ident()
        begun.rss = rss_bytes()
        begun.used = resource.getrusage(resource.RUSAGE_CHILDREN) if concurrent == 1 else None
        if run_id is not None:
            ACCOUNTS[run_id] = begun
        loop = asyncio._get_running_loop()
        begun.loop = begun.home = None
        begun.at_ns = time.perf_counter_ns()
        if loop is None:
            begun.home = begun.slot()
            begun.outer = resume(begun.home)
        elif run_id is not None and stepping.install(loop):
            begun.loop = loop
            begun.moved_ns = HERE.moved_ns
            begun.cpu_start_ns = time.thread_time_ns()
        else:
            begun.cpu_start_ns = time.process_time_ns()
        return begun

    def stop(self, begun: Reading) -> dict[str, Any]:
        """The node has ended: what it took, as columns of `node_runs`."""
        now_ns = time.perf_counter_ns()
        alone = begun.concurrent == 1 and self._last == begun.key
        cpu_ns, method = _cpu(begun, alone=alone)
        begun.closed = True
        begun.slots.clear()  # they refer to this, and no collector should have to find that out
        self._under_way.pop(begun.key, None)
        if begun.run_id is not None:
            ACCOUNTS.pop(begun.run_id, None)
        return {
            "duration_ms": (now_ns - begun.at_ns) / 1e6,
            "cpu_ms": None if cpu_ns is None else cpu_ns / 1e6,
            "cpu_method": method,
            "rss_end_bytes": rss_bytes(),
            **_children(begun, alone=alone),
        }


def _cpu(begun: Reading, *, alone: bool) -> tuple[int | None, str]:
    """Nanoseconds, and how they are known."""
    if begun.home is not None:
        if begun.thread == threading.get_ident():
            pause(begun.home, begun.outer)
        return begun.cpu_ns(), "thread"
    if begun.loop is not None:
        return _on_loop(begun, begun.loop)
    if alone:
        return time.process_time_ns() - begun.cpu_start_ns, "process"
    return None, "none"


def _on_loop(begun: Reading, loop: AbstractEventLoop) -> tuple[int | None, str]:
    in_place = stepping.watched(loop)
    stepping.uninstall(loop)
    if begun.slots:
        return begun.cpu_ns(), "stepped"
    if not in_place or begun.thread != threading.get_ident():
        return None, "none"
    # No task was made for it: a plain `invoke` on the loop's thread, in one step of the caller's.
    inside_ns = HERE.moved_ns - begun.moved_ns
    cpu_ns = time.thread_time_ns() - begun.cpu_start_ns - inside_ns
    move(cpu_ns)
    return cpu_ns, "thread"


def _children(begun: Reading, *, alone: bool) -> dict[str, Any]:
    """What its processes took: as was reported of each, or else all that ended meanwhile."""
    ended = list(begun.children)
    if ended:
        return {
            "child_cpu_ms": sum(child.cpu_s or 0 for child in ended) * 1000,
            "child_cpu_method": "wait4",
            "child_maxrss_bytes": max(child.max_rss_bytes or 0 for child in ended) or None,
            "children": len(ended),
        }
    child_ms = None
    if alone and begun.used is not None:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        user_s, system_s = begun.used.ru_utime, begun.used.ru_stime
        child_ms = (used.ru_utime - user_s + used.ru_stime - system_s) * 1000
    return {
        "child_cpu_ms": child_ms,
        "child_cpu_method": "none" if child_ms is None else "process",
        "child_maxrss_bytes": None,
        "children": 0,
    }


METER = Meter()
"""One for the process: neighbours are counted over all runs."""
os.register_at_fork(after_in_child=METER.forget)
