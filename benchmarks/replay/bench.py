"""The whole measurement: tune on dev, play the test streams, compare."""

import statistics
from collections import Counter
from collections.abc import Sequence

from benchmarks.replay import production, tuning
from benchmarks.replay.measured import Measured, Options, Spending
from benchmarks.replay.peers import BASE, POLICIES, THRIFTY, known
from benchmarks.replay.production import Run, Setting
from benchmarks.replay.recorded import Halves
from benchmarks.replay.scoring import Score, after_drift, score, usd_share
from benchmarks.replay.stream import Drift, Played, Stream
from benchmarks.replay.tuning import Tuned
from benchmarks.replay.workers import Job, Workers, stream_of, workers

MOST_DEV_SEEDS = 8
"""Streams that tune: enough to tell the values of the grid apart."""
FAVOURITE_VALUE = 2.0
"""What a solved task is worth while the favourite is looked for."""
ADAPTING = 0.05
"""So much less quality is allowed in the 150 tasks after a drift."""
SPAWN_ABOVE = 4
"""Streams that are worth starting processes for."""


def measure(split: Halves, options: Options) -> Measured:
    """Tune on one half, and compare on streams of the other."""
    processes = options.jobs if options.seeds >= SPAWN_ABOVE else 1
    with workers(split, processes=processes) as crew:
        bench = _Bench(split, options, crew)
        drift = bench.favourite() if options.drift else None
        tuned = None if options.budget is not None else bench.tune(drift)
        thrifts = bench.tune_peers(drift)
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


class _Bench:
    def __init__(self, split: Halves, options: Options, workers: Workers) -> None:
        self._split = split
        self._options = options
        self._workers = workers
        self.known = known(split.dev)

    def streams(self, half: str, seeds: int, drift: Drift | None = None) -> list[Stream]:
        """The same ones for every policy."""
        return [
            stream_of(
                self._split,
                half,
                seed=seed,
                length=self._options.tasks,
                gate=self._options.gate,
                drift=drift,
            )
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
            Job(half, seed, self._options.tasks, drift, setting)
            for seed, setting in zip(_names(half, seeds), settings, strict=True)
        ]
        return self._workers.play(jobs)

    def tune(self, drift: Drift | None) -> Tuned:
        """The value of a solved task, in units of what the best model costs.

        Where a model drifts on the streams of dev, too, the target is to be kept after that.
        """
        base = self.peer(BASE, self._dev(drift), 0.0)

        def evaluate(value: float) -> Score:
            runs = self.production("dev", len(base), value, drift)
            return _tuning_score([run.played for run in runs], base, drift)

        bad = score(base, base).bad_shipped
        return tuning.search(evaluate, self._options.target, bad=bad)

    def tune_peers(self, drift: Drift | None) -> dict[str, float]:
        """The thrift of each peer that has one."""
        streams = self._dev(drift)
        base = self.peer(BASE, streams, 0.0)
        found: dict[str, float] = {}
        for name in THRIFTY:
            scores = {
                thrift: _tuning_score(self.peer(name, streams, thrift), base, drift)
                for thrift in tuning.THRIFTS
            }
            found[name] = tuning.choose(scores, self._options.target).value
        return found

    def favourite(self) -> Drift:
        """The model, other than the best, that the router asks first most often on dev."""
        runs = self.production("dev", 1, FAVOURITE_VALUE)
        first = Counter(row[0].model for run in runs for row in run.played.attempts)
        del first[self.known.best]
        [(model, _)] = first.most_common(1) or [(self.known.cheapest, 0)]
        return Drift(model, self._options.tasks // 2)

    def _dev(self, drift: Drift | None) -> list[Stream]:
        return self.streams("dev", min(self._options.seeds, MOST_DEV_SEEDS), drift)

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


def _tuning_score(played: list[Played], base: list[Played], drift: Drift | None) -> Score:
    """With a drift, quality and cost are of the tasks after it: those are hard to keep."""
    if drift is None:
        return score(played, base)
    found = score(played, base, start=drift.at)
    soon = after_drift(played, base, drift).quality_next150
    return found._replace(quality=min(found.quality, soon + ADAPTING))


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
