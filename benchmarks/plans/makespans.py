"""Workflows of mixed lengths: how near to the ideal each comes, and what a barrier would cost."""

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.plans.contestants import Contestant, Task
from benchmarks.plans.environments import PeerUnavailable
from benchmarks.plans.ideal import bound, by_levels, makespan
from benchmarks.plans.shapes import WORKFLOWS, make, scaled


def measure(
    contestants: Sequence[Contestant],
    *,
    program: str,
    steps: int,
    at_a_time: int,
    ideal_s: float,
    rounds: int,
) -> dict[str, Any]:
    """By workflow: `ideal_s`; `bound_s`, below which nothing is possible; `barrier`, the ratio to
    the ideal of an engine that runs level by level, by calculation; and by contestant the ratio to
    the ideal of the whole run.

    The lengths are scaled so that the ideal is `ideal_s`.
    """
    found: dict[str, Any] = {}
    for name in WORKFLOWS:
        plain = make(name, steps)
        factor = ideal_s / makespan(plain, at_a_time=at_a_time)
        shape = scaled(plain, factor)
        task = Task(shape=shape, at_a_time=at_a_time, program=program, timeout_s=ideal_s * 10 + 60)
        took: dict[str, list[float]] = {one.name: [] for one in contestants}
        for _ in range(rounds):
            for one in contestants:
                print(f"  {name} {steps}: {one.name}", file=sys.stderr)
                try:
                    took[one.name].append(one.seconds(task) / ideal_s)
                except PeerUnavailable as error:
                    print(f"  {error}", file=sys.stderr)
        found[name] = {
            "steps": len(shape.works),
            "ideal_s": ideal_s,
            "bound_s": bound(shape, at_a_time=at_a_time),
            "barrier": by_levels(shape, at_a_time=at_a_time) / ideal_s,
            **{who: statistics.median(ratios) if ratios else None for who, ratios in took.items()},
        }
    return found
