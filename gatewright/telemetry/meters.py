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
commands and git, through `gatewright.domain.usage`). Where none was, it is `process`: all that
ended since the node before this one did, if this one was alone, or if there were none; else `none`.

Memory is the whole process's, shared by all nodes under way: at a node's start as it was last seen
at the end of one, at its end up to ten milliseconds old. The first look at a clock takes 3 µs
between nodes, 0.6 in a loop, and this module is on every run's way.
"""

import os
from asyncio import AbstractEventLoop, _get_running_loop
from resource import RUSAGE_CHILDREN, getrusage
from threading import get_ident
from time import perf_counter_ns, process_time_ns, thread_time_ns
from typing import Any
from uuid import UUID

from gatewright.domain.usage import ChildUsage
from gatewright.telemetry import accounts, stepping
from gatewright.telemetry.accounts import ACCOUNTS, HERE, Account, Slot, move
from gatewright.telemetry.rss import MEMORY


class Reading(Account):
    """A node under way: the clocks at its start, what has been put down to it, and its end."""

    __slots__ = (
        "at_ns",
        "concurrent",
        "cpu_method",
        "cpu_ns",
        "cpu_start_ns",
        "duration_ns",
        "ended_s",
        "home",
        "installed",
        "loop",
        "moved_ns",
        "outer",
        "rss",
        "rss_end",
        "run_id",
        "thread",
    )

    at_ns: int
    run_id: UUID | None
    rss: int | None
    rss_end: int | None
    concurrent: int
    """Nodes under way in this process, this one included."""
    thread: int
    loop: AbstractEventLoop | None
    """That the node began on, where it is watched."""
    installed: bool
    """Nobody had the loop watched; so the node did."""
    home: Slot | None
    """Of the thread that the node has to itself; None on an event loop."""
    outer: Slot | None
    """What the thread was charged to before."""
    cpu_start_ns: int
    """Of the thread where the loop is watched, of the process where it is not."""
    moved_ns: int
    duration_ns: int
    ended_s: float | None
    """CPU of all children of this process that ended since the node before this one did; None
    where these may be a neighbour's."""
    cpu_ns: int | None
    cpu_method: str

    def columns(self) -> dict[str, Any]:
        """What the node took, once it has ended; for `node_runs`."""
        row: dict[str, Any] = {}
        self.tell(row)
        return row

    def tell(self, row: dict[str, Any]) -> None:
        """Put the `columns` into a row."""
        row["duration_ms"] = self.duration_ns / 1e6
        row["cpu_ms"] = None if self.cpu_ns is None else self.cpu_ns / 1e6
        row["cpu_method"] = self.cpu_method
        if self.children:
            row.update(_children(list(self.children)))
        else:
            _all_that_ended(self.ended_s, row)
        row["rss_start_bytes"] = self.rss
        row["rss_end_bytes"] = self.rss_end
        row["concurrent_nodes"] = self.concurrent


class Meter:
    """All nodes of one process; without locks, for each step below is one atomic operation.

    `start` and `stop` are what a run waits for, with cold caches: they do the least that must be
    done then and there, and what helpers would do is written out.
    """

    def __init__(self) -> None:
        self._under_way: dict[int, None] = {}
        self._last: Reading | None = None
        self._ended_s = 0.0
        """CPU of all children that have ended, as of the last node's end."""

    @property
    def active(self) -> int:
        """Nodes under way."""
        return len(self._under_way)

    def forget(self) -> None:
        """In a forked child: the parent's nodes are not under way here."""
        self._under_way.clear()
        self._last = None
        self._ended_s = 0.0
        accounts.forget()
        stepping.forget()

    def start(self, run_id: UUID | None = None, begun: Reading | None = None) -> Reading:
        """A node begins, on the thread that calls; LangChain knows it by this id."""
        if begun is None:
            begun = Reading()
        self._last = begun
        under_way = self._under_way
        under_way[id(begun)] = None
        begun.concurrent = len(under_way)
        begun.run_id = run_id
        begun.thread = get_ident()
        begun.rss = MEMORY.known
        if run_id is not None:
            ACCOUNTS[run_id] = begun
        loop = _get_running_loop()
        begun.loop = begun.home = None
        begun.at_ns = perf_counter_ns()
        if loop is None:
            here = HERE
            begun.outer = outer = here.slot
            begun.home = slot = begun.slot()
            now = thread_time_ns()
            if outer is not None:
                outer.ns += now - outer.since
                outer.since = 0
            slot.since = now
            here.slot = slot
        elif run_id is not None and self._watched(loop, begun):
            begun.loop = loop
            begun.moved_ns = HERE.moved_ns
            begun.cpu_start_ns = thread_time_ns()
        else:
            begun.cpu_start_ns = process_time_ns()
        return begun

    def stop(self, begun: Reading) -> Reading:
        """The node has ended; `Reading.columns` tells what it took, at any later time."""
        now_ns = perf_counter_ns()
        begun.duration_ns = now_ns - begun.at_ns
        alone = begun.concurrent == 1 and self._last is begun
        home = begun.home
        if home is not None:
            if begun.thread == get_ident():
                now = thread_time_ns()
                home.ns += now - home.since
                home.since = 0
                HERE.slot = outer = begun.outer
                if outer is not None:
                    outer.since = now
            begun.cpu_ns = begun.taken_ns()
            begun.cpu_method = "thread"
        elif begun.loop is not None:
            _on_loop(begun, begun.loop)
        else:
            begun.cpu_ns = process_time_ns() - begun.cpu_start_ns if alone else None
            begun.cpu_method = "process" if alone else "none"
        begun.closed = True
        begun.slots.clear()  # they refer to this, and no collector should have to find that out
        begun.home = begun.outer = begun.loop = None
        self._under_way.pop(id(begun), None)
        if begun.run_id is not None:
            ACCOUNTS.pop(begun.run_id, None)
        used = getrusage(RUSAGE_CHILDREN)
        ended_s = used.ru_utime + used.ru_stime
        since_s, self._ended_s = ended_s - self._ended_s, ended_s
        begun.ended_s = since_s if alone or not since_s else None
        begun.rss_end = MEMORY.bytes(now_ns)
        return begun

    def _watched(self, loop: AbstractEventLoop, begun: Reading) -> bool:
        begun.installed = False
        if stepping.watches(loop):
            return True
        begun.installed = stepping.install(loop)
        return begun.installed


def _on_loop(begun: Reading, loop: AbstractEventLoop) -> None:
    in_place = stepping.watched(loop)
    if begun.installed:
        stepping.uninstall(loop)
    if begun.slots:
        begun.cpu_ns, begun.cpu_method = begun.taken_ns(), "stepped"
        return
    if not in_place or begun.thread != get_ident():
        begun.cpu_ns, begun.cpu_method = None, "none"
        return
    # No task was made for it: a plain `invoke` on the loop's thread, in one step of the caller's.
    inside_ns = HERE.moved_ns - begun.moved_ns
    cpu_ns = thread_time_ns() - begun.cpu_start_ns - inside_ns
    move(cpu_ns)
    begun.cpu_ns, begun.cpu_method = cpu_ns, "thread"


def _children(ended: list[ChildUsage]) -> dict[str, Any]:
    """What its processes took, as was reported of each."""
    return {
        "child_cpu_ms": sum(child.cpu_s or 0 for child in ended) * 1000,
        "child_cpu_method": "wait4",
        "child_maxrss_bytes": max(child.max_rss_bytes or 0 for child in ended) or None,
        "children": len(ended),
    }


def _all_that_ended(ended_s: float | None, row: dict[str, Any]) -> None:
    """What all processes took that ended meanwhile, where none was reported."""
    row["child_cpu_ms"] = None if ended_s is None else ended_s * 1000
    row["child_cpu_method"] = "none" if ended_s is None else "process"
    row["child_maxrss_bytes"] = None
    row["children"] = 0


METER = Meter()
"""One for the process: neighbours are counted over all runs."""
os.register_at_fork(after_in_child=METER.forget)
