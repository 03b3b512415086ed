"""The policies that the production router is compared with.

Those that learn see the verdict and the cost of what they ran, as the router does. Single picks
weigh quality against cost by `thrift`: the reward is passed - thrift x cost, cost in units of what
the best model costs; thrift is tuned on dev as the router's value is.
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from benchmarks.replay import recorded
from benchmarks.replay.late import Late
from benchmarks.replay.recorded import Task
from benchmarks.replay.stream import Attempt, Played, Stream

EPSILON = 0.1


class Known(NamedTuple):
    """What every policy knows beforehand: prices, as the dev half's means, and who was best."""

    usd: Mapping[str, float]
    best: str
    cheapest: str

    @property
    def best_usd(self) -> float:
        """What an attempt of the best model costs."""
        return self.usd[self.best]


class Policy(Protocol):
    """Works through a stream."""

    def __call__(self, stream: Stream, known: Known, *, thrift: float, delay: int) -> Played:
        """The same for the same stream; verdicts are learned `delay` tasks late."""
        ...


def known(dev: Sequence[Task]) -> Known:
    """What the dev half tells before the first task."""
    usd = {model: recorded.mean_usd(dev, model) for model in recorded.models(dev)}
    return Known(usd, recorded.best(dev), recorded.cheapest(dev))


def always_best(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """The model that was best on dev, once, for every task."""
    return _chain(stream, (known.best,))


def always_cheapest(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """The cheapest model, once, for every task."""
    return _chain(stream, (known.cheapest,))


def fixed_cascade(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """The cheapest model first, and the best one when the gate refuses its work."""
    return _chain(stream, tuple(dict.fromkeys((known.cheapest, known.best))))


def chance(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """A model at random."""
    draw = random.Random(f"{stream.seed}:random")
    return Played(
        tuple((stream.attempt(n, draw.choice(stream.models)),) for n in range(len(stream)))
    )


def oracle(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """The cheapest model that passes; where none does, the cheapest there is."""
    return Played(tuple((_foreseen(stream, n),) for n in range(len(stream))))


def epsilon_greedy(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """The highest mean reward, and one task in ten anybody."""
    draw = random.Random(f"{stream.seed}:epsilon")

    def pick(place: int, seen: _Seen) -> str:
        if draw.random() < EPSILON:
            return draw.choice(stream.models)
        return max(stream.models, key=lambda model: seen.mean(model) - thrift * seen.dear(model))

    return _single(stream, known, pick, delay=delay)


def ucb1(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """The highest upper confidence bound (Auer and others, 2002), each model once at first."""

    def pick(place: int, seen: _Seen) -> str:
        untried = [model for model in stream.models if not seen.chosen[model]]
        if untried:
            return untried[0]

        def bound(model: str) -> float:
            width = math.sqrt(2 * math.log(place + 1) / seen.chosen[model])
            return seen.mean(model) + width - thrift * seen.dear(model)

        return max(stream.models, key=bound)

    return _single(stream, known, pick, delay=delay)


def thompson(stream: Stream, known: Known, *, thrift: float = 0.0, delay: int = 0) -> Played:
    """Thompson sampling of Beta(1 + passed, 1 + failed) in each area by itself."""
    draw = random.Random(f"{stream.seed}:thompson")

    def pick(place: int, seen: _Seen) -> str:
        area = stream.tasks[place].area

        def sample(model: str) -> float:
            passed, failed = seen.by_area[model, area]
            return draw.betavariate(1 + passed, 1 + failed) - thrift * seen.dear(model)

        return max(stream.models, key=sample)

    return _single(stream, known, pick, delay=delay)


BASE = "always_best"
POLICIES: Mapping[str, Policy] = {
    BASE: always_best,
    "always_cheapest": always_cheapest,
    "random": chance,
    "epsilon_greedy": epsilon_greedy,
    "ucb1": ucb1,
    "thompson": thompson,
    "fixed_cascade": fixed_cascade,
    "oracle": oracle,
}
THRIFTY = ("epsilon_greedy", "ucb1", "thompson")
"""Those that `thrift` says something to."""


class _Seen:
    """What a policy has heard so far."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._passed: dict[str, int] = defaultdict(int)
        self._heard: dict[str, int] = defaultdict(int)
        self.chosen: dict[str, int] = defaultdict(int)
        self.by_area: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))

    def hear(self, said: tuple[str, Attempt]) -> None:
        area, attempt = said
        self._heard[attempt.model] += 1
        self._passed[attempt.model] += attempt.accepted
        passed, failed = self.by_area[attempt.model, area]
        counts = (passed + attempt.accepted, failed + (not attempt.accepted))
        self.by_area[attempt.model, area] = counts

    def mean(self, model: str) -> float:
        return (self._passed[model] + 0.5) / (self._heard[model] + 1)

    def dear(self, model: str) -> float:
        best_usd = self._known.best_usd
        return self._known.usd[model] / best_usd if best_usd else 0.0


def _single(
    stream: Stream, known: Known, pick: Callable[[int, _Seen], str], *, delay: int
) -> Played:
    seen = _Seen(known)
    late: Late[tuple[str, Attempt]] = Late(seen.hear, delay=delay)
    rows = []
    for place, task in enumerate(stream.tasks):
        late.until(place)
        attempt = stream.attempt(place, pick(place, seen))
        seen.chosen[attempt.model] += 1
        late.say(place, (task.area, attempt))
        rows.append((attempt,))
    return Played(tuple(rows))


def _chain(stream: Stream, models: Sequence[str]) -> Played:
    rows = []
    for place in range(len(stream)):
        row: list[Attempt] = []
        for model in models:
            row.append(stream.attempt(place, model))
            if row[-1].accepted:
                break
        rows.append(tuple(row))
    return Played(tuple(rows))


def _foreseen(stream: Stream, place: int) -> Attempt:
    attempts = [stream.attempt(place, model) for model in stream.models]
    solved = [attempt for attempt in attempts if attempt.good and attempt.accepted]
    # With nobody who solves it, a refused attempt is better than a bad one that is shipped.
    return min(
        solved or attempts, key=lambda attempt: (attempt.accepted > attempt.good, attempt.usd)
    )
