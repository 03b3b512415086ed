"""The production router on many streams, in processes of its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.replay import production
from benchmarks.replay.peers import Known, known
from benchmarks.replay.production import Run, Setting
from benchmarks.replay.recorded import Halves
from benchmarks.replay.stream import Drift, Gate, Stream


class Job(NamedTuple):
    """One stream, and how the router is set up for it."""

    half: str
    seed: str
    length: int
    drift: Drift | None
    setting: Setting


class Workers:
    """Plays jobs, one after the other or in processes."""

    def __init__(self, split: Halves, pool: ProcessPoolExecutor | None) -> None:
        self._split = split
        self._pool = pool

    def play(self, jobs: Sequence[Job]) -> list[Run]:
        """In the order of the jobs."""
        if self._pool is not None:
            return list(self._pool.map(_work, jobs))
        facts = known(self._split.dev)
        return [_play(self._split, facts, job) for job in jobs]


@contextmanager
def workers(split: Halves, *, processes: int) -> Iterator[Workers]:
    """So many processes, which end with the context; 1 is this one."""
    if processes < 2:
        yield Workers(split, None)
        return
    with ProcessPoolExecutor(processes, initializer=_begin, initargs=(split,)) as pool:
        yield Workers(split, pool)


def stream_of(
    split: Halves, half: str, *, seed: str, length: int, gate: Gate, drift: Drift | None
) -> Stream:
    """The stream of a half (`dev` or `test`) and a seed."""
    tasks = split.dev if half == "dev" else split.test
    return Stream(tasks, seed=seed, length=length, gate=gate, drift=drift)


_given: list[tuple[Halves, Known]] = []
"""What a process was started with: the tasks are handed over once, not with every stream."""


def _begin(split: Halves) -> None:
    _given.append((split, known(split.dev)))


def _work(job: Job) -> Run:
    [(split, facts)] = _given
    return _play(split, facts, job)


def _play(split: Halves, facts: Known, job: Job) -> Run:
    stream = stream_of(
        split,
        job.half,
        seed=job.seed,
        length=job.length,
        gate=job.setting.gate,
        drift=job.drift,
    )
    return production.play(stream, facts, job.setting)
