"""Notices that a model is not what it was: its first attempts pass clearly less often, or more.

The test is a generalised likelihood ratio for one change of a Bernoulli rate (Basseville and
Nikiforov, Detection of Abrupt Changes, 1993, chapter 2): for each place where the row of verdicts
could have broken, how much likelier is it with a rate before and another after than with one rate?
The limit below was set by simulation (tests/unit/routing/test_drift.py repeats it): fewer than one
false alarm in 1,000 verdicts of a model that does not change.
"""

from collections import deque
from datetime import datetime
from math import log
from typing import NamedTuple

from gatewright.domain.task import Role

LIMIT = 8.0
"""Log-likelihood ratio at which an alarm is raised."""
WINDOW = 200
"""Verdicts that are looked back at."""
SIZES = (6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128)
"""How many verdicts after a change are looked for: close enough to find it at any place."""
LEAST_BEFORE = 12
KEPT_MASS = 2.0
"""What all that was counted before a change weighs afterwards, in attempts."""


class Drift(NamedTuple):
    """One change that was noticed."""

    role: Role
    model: str
    before: float
    """Share of first attempts that passed, up to the change."""
    after: float
    since: datetime
    """When the first verdict came that belongs to the new rate."""
    passed: int
    """Of the verdicts since then, up to the alarm."""
    failed: int


class Watch:
    """The last first attempts of one model in one role; starts anew at each change."""

    def __init__(self, role: Role, model: str) -> None:
        self._role: Role = role
        self._model = model
        self._seen: deque[tuple[bool, datetime]] = deque(maxlen=WINDOW)

    def see(self, *, passed: bool, at: datetime) -> Drift | None:
        """The change, when this verdict is the one that makes it plain."""
        self._seen.append((passed, at))
        split = _likeliest_split([verdict for verdict, _ in self._seen])
        if split is None:
            return None
        seen = list(self._seen)
        before, after = [v for v, _ in seen[:split]], [v for v, _ in seen[split:]]
        self._seen = deque(seen[split:], maxlen=WINDOW)
        return Drift(
            role=self._role,
            model=self._model,
            before=sum(before) / len(before),
            after=sum(after) / len(after),
            since=seen[split][1],
            passed=sum(after),
            failed=len(after) - sum(after),
        )


def _likeliest_split(verdicts: list[bool]) -> int | None:
    """Where the row breaks, if it breaks clearly enough."""
    count, passed = len(verdicts), sum(verdicts)
    if passed in (0, count):
        return None
    together = _log_likelihood(passed, count)
    best, place = LIMIT, None
    for size in SIZES:
        if size > count - LEAST_BEFORE:
            break
        after = sum(verdicts[count - size :])
        apart = _log_likelihood(after, size) + _log_likelihood(passed - after, count - size)
        if apart - together > best:
            best, place = apart - together, count - size
    return place


def _log_likelihood(passed: int, count: int) -> float:
    """Of a row of verdicts under its own rate."""
    if passed in (0, count):
        return 0.0
    rate = passed / count
    return passed * log(rate) + (count - passed) * log(1 - rate)
