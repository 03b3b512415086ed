"""Gatewright's own sidecar under the same measure, and what only it is asked: the whole process."""

import random
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.overhead.measure import Bench, Watch, bare, percentile
from gatewright.telemetry.sidecar import Sidecar


def watched_by(sidecar: Sidecar) -> Watch:
    """A run as the service makes one: its own scope and handler."""

    @contextmanager
    def watch() -> Iterator[list[Any]]:
        trace_id = uuid.uuid4().hex
        with sidecar.run(trace_id=trace_id, task_id="bench", conversation_id="bench") as run:
            yield [] if run is None else [run.handler]

    return watch


class Process(NamedTuple):
    """At a steady pace, sampler and writer included; medians over paired segments."""

    nodes_per_s: float
    """As it turned out."""
    bare_us: float
    """CPU of all threads, a node."""
    watched_us: float
    added_us: float
    background_us: float
    """Of these, in threads that no run waits for: the writer and the sampler."""
    p99_bare_ms: float
    """Wall, from one node to the next."""
    p99_watched_ms: float
    p99_added_ms: float
    p99_added_run_ms: float
    """The same of a whole run."""
    segments: int


class _Segment(NamedTuple):
    cpu_us: float
    background_us: float
    steps_ms: list[float]
    runs_ms: list[float]
    nodes_per_s: float


def whole_process(
    bench: Bench, sidecar: Sidecar, *, nodes_per_s: float, seconds: float, segments: int
) -> Process:
    """Segments of so many seconds, bare and watched in shuffled order, at the same pace."""
    without: list[_Segment] = []
    with_it: list[_Segment] = []
    watch = watched_by(sidecar)
    _segment(bench, watch, sidecar, nodes_per_s=nodes_per_s, seconds=1)
    for _ in range(segments):
        sides = [(bare, without), (watch, with_it)]
        random.shuffle(sides)
        for side, found in sides:
            # What the other side left behind is written before the clock starts.
            sidecar.flush()
            found.append(_segment(bench, side, sidecar, nodes_per_s=nodes_per_s, seconds=seconds))
    steps = [
        percentile([ms for s in side for ms in s.steps_ms], 0.99) for side in (without, with_it)
    ]
    runs = [percentile([ms for s in side for ms in s.runs_ms], 0.99) for side in (without, with_it)]
    return Process(
        nodes_per_s=statistics.median(s.nodes_per_s for s in with_it),
        bare_us=statistics.median(s.cpu_us for s in without),
        watched_us=statistics.median(s.cpu_us for s in with_it),
        added_us=statistics.median(
            b.cpu_us - a.cpu_us for a, b in zip(without, with_it, strict=True)
        ),
        background_us=statistics.median(
            b.background_us - a.background_us for a, b in zip(without, with_it, strict=True)
        ),
        p99_bare_ms=steps[0],
        p99_watched_ms=steps[1],
        p99_added_ms=steps[1] - steps[0],
        p99_added_run_ms=runs[1] - runs[0],
        segments=segments,
    )


def _segment(
    bench: Bench, watch: Watch, sidecar: Sidecar, *, nodes_per_s: float, seconds: float
) -> _Segment:
    bench.tidy()
    steps: list[float] = []
    runs: list[float] = []
    every_s = bench.nodes / nodes_per_s
    begun, begun_ns, own_ns = time.perf_counter(), time.process_time_ns(), time.thread_time_ns()
    count = max(1, round(seconds / every_s))
    for number in range(count):
        time.sleep(max(0.0, begun + number * every_s - time.perf_counter()))
        bench.run(watch)
        at = bench.at_ns
        steps += [(b - a) / 1e6 for a, b in pairwise(at)]
        runs.append((at[-1] - at[0]) / 1e6)
    time.sleep(max(0.0, begun + count * every_s - time.perf_counter()))
    elapsed_s = time.perf_counter() - begun
    sidecar.flush()  # the writer's last batch belongs to it, and so does closing the file
    nodes = count * bench.nodes
    used_us = (time.process_time_ns() - begun_ns) / 1000 / nodes
    own_us = (time.thread_time_ns() - own_ns) / 1000 / nodes
    return _Segment(used_us, used_us - own_us, steps, runs, nodes / elapsed_s)
