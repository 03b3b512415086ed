"""The whole measurement: tune on dev, play the test streams, compare."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.replay import production, tuning
from benchmarks.replay.peers import BASE, POLICIES, THRIFTY, Known, known
from benchmarks.replay.production import Run, Setting
from benchmarks.replay.recorded import Halves
from benchmarks.replay.scoring import AfterDrift, Score, after_drift, score, usd_share
from benchmarks.replay.stream import Drift, Gate, Played, Stream
from benchmarks.replay.tuning import Target, Tuned

MOST_DEV_SEEDS = 8
"""Streams that tune: enough to tell the values of the grid apart."""
SPAWN_ABOVE = 4
"""Streams that are worth starting processes for."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is measured; the defaults are those of the command."""

    seeds: int = 30
    tasks: int = 1000
    target: Target = "0.95"
    gate: Gate = field(default_factory=Gate)
    budget: float | None = None
    """A share of what always-best costs on the same stream."""
    delay: int = 0
    drift: bool = False
    strategy: str = "learning"
    harm: float | None = None
    """Of an accepted bad change, in units of the value; None: production's own, by risk."""
    warm: bool = False
    """Whether the router starts with the dev half's pass rates as priors."""
    jobs: int = 2


class Spending(NamedTuple):
    """How a budget was kept."""

    budget: float
    """As a share of what always-best costs."""
    spent: float
    """As a share of the budget: 1 is all of it."""
    least: float
    """Of one stream."""
    most: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What came of it."""

    known: Known
    tuned: Tuned | None
    """None with a budget: it moves the value by itself."""
    production: Score
    policies: dict[str, Score]
    thrifts: dict[str, float]
    drift: Drift | None
    drifted: dict[str, AfterDrift]
    """By policy, production among them; empty without a drift."""
    spending: Spending | None
    think_ms: tuple[float, float, float]
    """Of a decision: median, 99th percentile, longest."""


def measure(split: Halves, options: Options) -> Measured:
    """Tune on one half, and compare on streams of the other."""
    with _bench(split, options) as bench:
        tuned = None if options.budget is not None else bench.tune()
        drift = bench.favourite(tuned) if options.drift else None
        thrifts = bench.tune_peers()
        streams = bench.streams("test", options.seeds, drift)
        peers = {name: bench.peer(name, streams, thrifts.get(name, 0.0)) for name in POLICIES}
        runs = bench.production("test", options.seeds, bench.value(tuned), drift, peers[BASE])
    ours = [run.played for run in runs]
    base = peers[BASE]
    everyone = {"production": ours, **peers}
    return Measured(
        known=bench.known,
        tuned=tuned,
        production=score(ours, base),
        policies={name: score(played, base) for name, played in peers.items()},
        thrifts=thrifts,
        drift=drift,
        drifted={name: after_drift(played, base, drift) for name, played in everyone.items()}
        if drift is not None
        else {},
        spending=_spending(ours, base, options.budget),
        think_ms=_think_ms(runs),
    )


class _Job(NamedTuple):
    half: str
    seed: str
    length: int
    drift: Drift | None
    setting: Setting


class _Bench:
    def __init__(self, split: Halves, options: Options, pool: ProcessPoolExecutor | None) -> None:
        self._split = split
        self._options = options
        self._pool = pool
        self.known = known(split.dev)

    def streams(self, half: str, seeds: int, drift: Drift | None = None) -> list[Stream]:
        """The same ones for every policy."""
        return [
            _stream(self._split, half, seed, self._options.tasks, self._options.gate, drift)
            for seed in _names(half, seeds)
        ]

    def peer(self, name: str, streams: Sequence[Stream], thrift: float) -> list[Played]:
        delay = self._options.delay
        policy = POLICIES[name]
        return [policy(stream, self.known, thrift=thrift, delay=delay) for stream in streams]

    def production(
        self,
        half: str,
        seeds: int,
        value: float,
        drift: Drift | None = None,
        base: Sequence[Played] | None = None,
    ) -> list[Run]:
        """One run a stream, in processes where there are many; a budget hangs on `base`."""
        settings = [self._setting(value, sum(one.usd)) for one in base or ()]
        settings = settings or [self._setting(value, None)] * seeds
        jobs = [
            _Job(half, seed, self._options.tasks, drift, setting)
            for seed, setting in zip(_names(half, seeds), settings, strict=True)
        ]
        if self._pool is None:
            return [_play(self._split, self.known, job) for job in jobs]
        return list(self._pool.map(_work, jobs))

    def tune(self) -> Tuned:
        """The value of a solved task, in units of what the best model costs."""
        seeds = min(self._options.seeds, MOST_DEV_SEEDS)
        base = self.peer(BASE, self.streams("dev", seeds), 0.0)

        def evaluate(value: float) -> Score:
            runs = self.production("dev", seeds, value)
            return score([run.played for run in runs], base)

        return tuning.search(evaluate, self._options.target)

    def tune_peers(self) -> dict[str, float]:
        """The thrift of each peer that has one."""
        streams = self.streams("dev", min(self._options.seeds, MOST_DEV_SEEDS))
        base = self.peer(BASE, streams, 0.0)
        found: dict[str, float] = {}
        for name in THRIFTY:
            scores = {
                thrift: score(self.peer(name, streams, thrift), base) for thrift in tuning.THRIFTS
            }
            found[name] = tuning.choose(scores, self._options.target).value
        return found

    def favourite(self, tuned: Tuned | None) -> Drift:
        """The model, other than the best, that the router asks first most often on dev."""
        runs = self.production("dev", 1, self.value(tuned))
        first = Counter(row[0].model for run in runs for row in run.played.attempts)
        del first[self.known.best]
        [(model, _)] = first.most_common(1) or [(self.known.cheapest, 0)]
        return Drift(model, self._options.tasks // 2)

    def value(self, tuned: Tuned | None) -> float:
        return 1.0 if tuned is None else tuned.value

    def _setting(self, value: float, base_usd: float | None) -> Setting:
        options = self._options
        budget = None
        if options.budget is not None and base_usd is not None:
            budget = options.budget * base_usd
        return Setting(
            value_usd=value * self.known.best_usd,
            gate=options.gate,
            budget_usd=budget,
            delay=options.delay,
            strategy=options.strategy,
            harm=None if options.harm is None else dict.fromkeys(production.RISKS, options.harm),
            priors=production.warm(self._split.dev) if options.warm else {},
        )


@contextmanager
def _bench(split: Halves, options: Options) -> Iterator[_Bench]:
    if options.jobs < 2 or options.seeds < SPAWN_ABOVE:
        yield _Bench(split, options, None)
        return
    with ProcessPoolExecutor(
        options.jobs, initializer=_begin, initargs=(split, options.gate)
    ) as pool:
        yield _Bench(split, options, pool)


_given: dict[str, tuple[Halves, Gate]] = {}
"""What a process was started with: the tasks are handed over once, not with every stream."""


def _begin(split: Halves, gate: Gate) -> None:
    _given["all"] = (split, gate)


def _work(job: _Job) -> Run:
    split, _ = _given["all"]
    return _play(split, known(split.dev), job)


def _play(split: Halves, facts: Known, job: _Job) -> Run:
    gate = job.setting.gate
    stream = _stream(split, job.half, job.seed, job.length, gate, job.drift)
    return production.play(stream, facts, job.setting)


def _stream(
    split: Halves, half: str, seed: str, length: int, gate: Gate, drift: Drift | None
) -> Stream:
    tasks = split.dev if half == "dev" else split.test
    return Stream(tasks, seed=seed, length=length, gate=gate, drift=drift)


def _names(half: str, seeds: int) -> list[str]:
    return [f"{half}-{n}" for n in range(seeds)]


def _spending(
    ours: Sequence[Played], base: Sequence[Played], budget: float | None
) -> Spending | None:
    if budget is None:
        return None
    shares = [usd_share([one], [other]) / budget for one, other in zip(ours, base, strict=True)]
    return Spending(budget, usd_share(ours, base) / budget, min(shares), max(shares))


def _think_ms(runs: Sequence[Run]) -> tuple[float, float, float]:
    seconds = sorted(second for run in runs for second in run.seconds)
    return (
        1000 * statistics.median(seconds),
        1000 * seconds[int(0.99 * (len(seconds) - 1))],
        1000 * seconds[-1],
    )
