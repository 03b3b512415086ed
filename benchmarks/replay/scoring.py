"""What a policy's work on some streams comes to, as shares of what always-best does on them."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.replay.stream import Drift, Played

FIRST = 100
AFTER_DRIFT = 150
LONG_AFTER_DRIFT = 300


class Score(NamedTuple):
    """Sums over streams; shares of always-best's sums on the same streams."""

    quality: float
    """Tasks solved."""
    cost: float
    quality_first100: float
    cost_first100: float
    bad_shipped: float
    """The share of tasks that ended with a bad change that the gate accepted."""


class AfterDrift(NamedTuple):
    """Tasks solved, as a share of always-best's, after a model became bad."""

    quality_next150: float
    """In the next 150 tasks."""
    quality_after300: float
    """From 300 tasks after it to the end."""


def score(played: Sequence[Played], base: Sequence[Played], *, start: int = 0) -> Score:
    """Compare a policy with always-best, stream by stream in the same order.

    `start` is the first task that quality and cost are of.
    """
    bad = [shipped for one in played for shipped in one.shipped_bad]
    return Score(
        quality=solved_share(played, base, start=start),
        cost=usd_share(played, base, start=start),
        quality_first100=solved_share(played, base, end=FIRST),
        cost_first100=usd_share(played, base, end=FIRST),
        bad_shipped=sum(bad) / len(bad),
    )


def after_drift(played: Sequence[Played], base: Sequence[Played], drift: Drift) -> AfterDrift:
    """Compare a policy with always-best after the place of the drift."""
    soon = drift.at + AFTER_DRIFT
    return AfterDrift(
        quality_next150=solved_share(played, base, start=drift.at, end=soon),
        quality_after300=solved_share(played, base, start=drift.at + LONG_AFTER_DRIFT),
    )


def solved_share(
    played: Sequence[Played],
    base: Sequence[Played],
    *,
    start: int = 0,
    end: int | None = None,
) -> float:
    """Tasks solved, as a share of always-best's; 1 where it solves none either."""
    ours = sum(sum(one.solved[start:end]) for one in played)
    theirs = sum(sum(one.solved[start:end]) for one in base)
    return ours / theirs if theirs else 1.0 + ours


def usd_share(
    played: Sequence[Played],
    base: Sequence[Played],
    *,
    start: int = 0,
    end: int | None = None,
) -> float:
    """What was paid, as a share of always-best's; 1 where it pays nothing either."""
    ours = sum(sum(one.usd[start:end]) for one in played)
    theirs = sum(sum(one.usd[start:end]) for one in base)
    return ours / theirs if theirs else 1.0 + ours
