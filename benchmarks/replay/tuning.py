"""How the one number of a policy is chosen on the dev half: the router's value, a peer's thrift."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from benchmarks.replay.scoring import Score

Target = Literal["0.95", "1.0", "quality-first"]

VALUES = (
    *(1.2, 1.35, 1.5, 1.7, 2.0, 2.3, 2.6, 3.0, 3.5),
    *(4.0, 4.6, 5.3, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0),
)
"""What a solved task is worth, in units of what an attempt of the best model costs. Tasks that
others failed cost it about a fifth more: below that it would not be asked were it sure to pass."""
THRIFTS = (2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.0)
"""How much of a solved task a peer gives for one attempt of the best model."""

RESERVE = 0.02
"""A target is kept on dev with so much to spare, up to 1: other tasks are another matter."""
MOST_COST = 0.47
"""Quality-first spends at most so much of what always-best does, on dev: its promise is a half."""
MOST_COST_NOISY = 0.42
"""The same where the gate errs: streams differ more there."""
MOST_BAD = 1.35
"""Of always-best's bad changes that the gate let pass, on dev: the promise is one and a half."""
COARSE = VALUES[1::2]
"""Tried one after the other where the gate errs: quality need not rise with the value there."""


class Tuned(NamedTuple):
    """What was chosen, and what it came to on dev."""

    value: float
    score: Score


def choose(scores: Mapping[float, Score], target: Target, *, bad: float = 0.0) -> Tuned:
    """The cheapest setting that keeps the target, with `RESERVE`, on dev.

    Where none keeps it, the one of the highest quality. Quality-first: the best quality of those
    that cost at most `MOST_COST`, or else the cheapest. With a gate that errs, `bad` is what
    always-best ships of bad changes: who ships more than `MOST_BAD` times that is out, unless all
    do, and no more than `MOST_COST_NOISY` is spent.
    """
    rows = [Tuned(value, scores[value]) for value in sorted(scores)]
    if bad:
        rows = _safe(rows, bad)
    if target != "quality-first":
        keeping = [row for row in rows if row.score.quality >= _least(target)]
        if keeping:
            return min(keeping, key=lambda row: (row.score.cost, row.value))
        if not bad:
            return max(rows, key=lambda row: (row.score.quality, -row.score.cost))
    most = MOST_COST_NOISY if bad else MOST_COST
    return max(_affordable(rows, most), key=lambda row: (row.score.quality, -row.score.cost))


def search(evaluate: Callable[[float], Score], target: Target, *, bad: float = 0.0) -> Tuned:
    """Choose among `VALUES` without trying all: with the value rise both quality and cost."""
    scores: dict[float, Score] = {}
    if bad:
        for value in COARSE:
            scores[value] = evaluate(value)
            if scores[value].cost > MOST_COST:
                break
        return choose(scores, target, bad=bad)
    low, high = 0, len(VALUES) - 1
    while low <= high:
        middle = (low + high) // 2
        found = scores[VALUES[middle]] = evaluate(VALUES[middle])
        if _enough(found, target):
            high = middle - 1
        else:
            low = middle + 1
    return choose(scores, target)


def _safe(rows: list[Tuned], bad: float) -> list[Tuned]:
    safe = [row for row in rows if row.score.bad_shipped <= MOST_BAD * bad]
    return safe or [min(_affordable(rows, MOST_COST_NOISY), key=lambda row: row.score.bad_shipped)]


def _affordable(rows: list[Tuned], most: float) -> list[Tuned]:
    """Those that cost no more, or else the cheapest."""
    within = [row for row in rows if row.score.cost <= most]
    return within or [min(rows, key=lambda row: row.score.cost)]


def _enough(found: Score, target: Target) -> bool:
    """Whether a higher value is of no use."""
    if target == "quality-first":
        return found.cost > MOST_COST
    return found.quality >= _least(target)


def _least(target: Target) -> float:
    """The share of always-best's quality that dev must show."""
    return max(min(float(target) + RESERVE, 1.0), float(target))
