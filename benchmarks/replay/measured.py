"""What is asked of the replay, and what it answers."""

from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.replay.peers import Known
from benchmarks.replay.scoring import AfterDrift, Score
from benchmarks.replay.stream import Drift, Gate
from benchmarks.replay.tuning import Target, Tuned


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
