"""How long a workflow takes when starting a step costs nothing."""

import heapq
from collections.abc import Sequence

from benchmarks.plans.shapes import Shape, Work, levels


def makespan(shape: Shape, *, at_a_time: int) -> float:
    """Seconds by list scheduling: whenever a place is free the first step of the plan that can
    begin begins.

    Another order may come to less, and by luck does, but no engine knows the lengths beforehand.
    """
    order = {work.name: index for index, work in enumerate(shape.works)}
    missing = {work.name: len(work.after) for work in shape.works}
    waiting: dict[str, list[str]] = {work.name: [] for work in shape.works}
    for work in shape.works:
        for name in work.after:
            waiting[name].append(work.name)
    ready = [order[name] for name, count in missing.items() if count == 0]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < at_a_time:
            work = shape.works[heapq.heappop(ready)]
            heapq.heappush(running, (now + work.seconds, work.name))
        now, ended = heapq.heappop(running)
        for name in waiting[ended]:
            missing[name] -= 1
            if missing[name] == 0:
                heapq.heappush(ready, order[name])
    return now


def bound(shape: Shape, *, at_a_time: int) -> float:
    """Seconds that no order goes below: the longest way, or all work shared out evenly."""
    ends: dict[str, float] = {}
    for work in shape.works:
        ends[work.name] = work.seconds + max((ends[name] for name in work.after), default=0.0)
    return max(*ends.values(), sum(work.seconds for work in shape.works) / at_a_time)


def by_levels(shape: Shape, *, at_a_time: int) -> float:
    """The same when a level begins only after the whole of the one before, as supersteps do."""
    depth = levels(shape)
    grouped: dict[int, list[Work]] = {}
    for work in shape.works:
        grouped.setdefault(depth[work.name], []).append(work)
    return sum(_beside(works, at_a_time) for works in grouped.values())


def _beside(works: Sequence[Work], at_a_time: int) -> float:
    alone = [Work(work.name, (), work.seconds) for work in works]
    return makespan(Shape(name="level", works=alone), at_a_time=at_a_time)
