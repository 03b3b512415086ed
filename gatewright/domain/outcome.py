"""What became of an attempt: the only thing that the router learns from."""

from datetime import datetime
from typing import Literal, NamedTuple

from gatewright.domain.findings import Frozen
from gatewright.domain.task import Risk, Role

OutcomeKind = Literal["review", "gate", "human", "revert"]
"""Who said it, in rising order: a later kind's word takes an earlier one's place.

`review`: the plan or the change was accepted or rejected by its reviewer, or no edit of it could be
applied; `gate`: it passed or failed the quality gate; `human`: a person approved or rejected it;
`revert`: it was delivered, and later taken back (never passed)."""


class Outcome(Frozen):
    """One verdict on one decision's attempt; a fault of ours or of a provider is none."""

    decision_id: str
    task_id: str
    role: Role
    risk: Risk
    area: str = ""
    stage: int = 0
    """How many attempts had failed before: 0, 1, 2 (and more count as 2)."""
    model: str
    """Who answered, as actually used."""
    again: bool = False
    """Whether it had made the failed attempt just before, too."""
    kind: OutcomeKind
    passed: bool
    cost_usd: float | None = None
    """Of the whole attempt; None when a call's price is not known."""
    duration_s: float | None = None
    """Of the whole attempt."""
    at: datetime
    """UTC."""


class Arm(NamedTuple):
    """What can be chosen in one cell of the history: key of the counts."""

    role: Role
    risk: Risk
    area: str
    stage: int
    """0, 1 or 2."""
    model: str
    again: bool


class Tally(NamedTuple):
    """What was counted of an arm; fractions where old outcomes count for less."""

    passed: float = 0.0
    failed: float = 0.0
    cost_usd: float = 0.0
    """Sum over `priced` attempts."""
    priced: float = 0.0
    seconds: float = 0.0
    """Sum over `timed` attempts."""
    timed: float = 0.0
    audited: float = 0.0
    """Of those that the gate passed: how many a person or a later revert spoke about."""
    false_accepts: float = 0.0
    """Of the audited: how many turned out to be bad."""


class Verdict(NamedTuple):
    """One final verdict, for those who look at the order in which they came."""

    decision_id: str
    role: Role
    model: str
    stage: int
    passed: bool
    at: datetime


class Counted(NamedTuple):
    """The history as it is read: counts by arm, and the last verdicts of each, oldest first."""

    tallies: dict[Arm, Tally]
    recent: tuple[Verdict, ...] = ()
    """Of first attempts (stage 0): at most some hundred per role and model."""
    known: frozenset[str] = frozenset()
    """Ids of the decisions of the last hour that are counted in it: what this process saw itself
    must not be counted twice."""
