"""How far a share that was counted may be from the true one: intervals of 95 %.

Both hold for small counts too, where the textbook's p ± 1.96 s.e. gives [1, 1] for 3 of 3.
"""

from math import hypot, sqrt
from typing import NamedTuple

_Z = 1.959963984540054
"""Of 95 %, two-sided."""


class Interval(NamedTuple):
    """Both ends belong to it."""

    low: float
    high: float


def wilson(passed: float, failed: float) -> Interval:
    """Of a share, by Wilson's score (E. B. Wilson, 1927, JASA 22, 209-212); of nothing, [0, 1]."""
    total = passed + failed
    if total <= 0:
        return Interval(0.0, 1.0)
    rate, weight = passed / total, _Z * _Z / total
    middle = (rate + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * sqrt(rate * (1 - rate) / total + weight / (4 * total))
    # At the ends it is exactly 0 or 1, but for rounding.
    low = 0.0 if passed <= 0 else max(0.0, middle - half)
    return Interval(low, 1.0 if failed <= 0 else min(1.0, middle + half))


def difference(passed: float, failed: float, before: tuple[float, float]) -> Interval:
    """Of a share less another, counted before: (passed, failed).

    By Newcombe's hybrid score (R. G. Newcombe, 1998, Statistics in Medicine 17, 873-890, the tenth
    method). With nothing counted on one side it says nothing: it holds 0.
    """
    new, old = passed + failed, sum(before)
    if new <= 0 or old <= 0:
        return Interval(-1.0, 1.0)
    rate, was = passed / new, before[0] / old
    now, then = wilson(passed, failed), wilson(*before)
    down = hypot(rate - now.low, then.high - was)
    up = hypot(now.high - rate, was - then.low)
    return Interval(max(-1.0, rate - was - down), min(1.0, rate - was + up))
