"""Who may start now: so many at a time, and so much of each resource, in the order of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from gatewright.domain.errors import InputError

Needs = tuple[tuple[str, float], ...]
"""Resource and how much of it, sorted by name."""

NOTHING: Needs = ()


@dataclass(slots=True)
class _Queue:
    needs: Needs
    waiting: list[tuple[int, str]] = field(default_factory=list)


class Slots:
    """Those that wait, and what the admitted ones hold.

    What needs a scarce resource is not overtaken by a later one that needs the same resource, so
    a large step is not starved by small ones; others go past it. Those that need the same wait in
    one queue: a turn costs what it admits, and the number of different needs.
    """

    def __init__(self, places: int | None, *, capacities: Mapping[str, float] | None = None):
        """`places`: how many at a time; None: as many as come."""
        self._free = places
        self._capacities = dict(capacities or {})
        self._left = dict(self._capacities)
        self._queues: dict[Needs, _Queue] = {}
        self._held: dict[str, Needs] = {}
        self._offered: set[str] = set()

    def check(self, step: str, needs: Needs) -> None:
        """Raises: InputError when it could never be admitted."""
        for name, amount in needs:
            if amount > self._capacities.get(name, 0):
                has = self._capacities.get(name, 0)
                raise InputError(
                    f"steps.{step}.resources.{name}",
                    amount,
                    f"there are only {has:g} of it",
                    "Ask for less, or raise globals.resources.",
                )

    def offer(self, step: str, *, number: int, needs: Needs = NOTHING) -> None:
        """It waits from now on; `number` is its place in the plan."""
        self._offered.add(step)
        queue = self._queues.get(needs)
        if queue is None:
            queue = self._queues[needs] = _Queue(needs)
        heappush(queue.waiting, (number, step))

    def withdraw(self, step: str) -> None:
        """It waits no longer; nothing for one that does not."""
        self._offered.discard(step)

    def release(self, step: str) -> None:
        """What it was admitted to is free again; nothing for one that was not admitted."""
        needs = self._held.pop(step, None)
        if needs is None:
            return
        if self._free is not None:
            self._free += 1
        for name, amount in needs:
            self._left[name] += amount

    def admit(self) -> Sequence[str]:
        """Those that may start now; each holds what it needs until its release."""
        if self._free == 0:
            return ()
        heads = [head for queue in self._queues.values() if (head := self._head(queue))]
        heapify(heads)
        admitted: list[str] = []
        claimed: set[str] = set()
        while heads and self._free != 0:
            _, step, needs = heappop(heads)
            if not self._fits(needs, claimed):
                claimed.update(name for name, _ in needs)
                continue
            queue = self._queues[needs]
            heappop(queue.waiting)
            self._offered.discard(step)
            self._take(step, needs)
            admitted.append(step)
            following = self._head(queue)
            if following:
                heappush(heads, following)
        return admitted

    def _head(self, queue: _Queue) -> tuple[int, str, Needs] | None:
        waiting = queue.waiting
        while waiting and waiting[0][1] not in self._offered:
            heappop(waiting)
        if not waiting:
            return None
        number, step = waiting[0]
        return number, step, queue.needs

    def _fits(self, needs: Needs, claimed: set[str]) -> bool:
        return all(name not in claimed and self._left[name] >= amount for name, amount in needs)

    def _take(self, step: str, needs: Needs) -> None:
        self._held[step] = needs
        if self._free is not None:
            self._free -= 1
        for name, amount in needs:
            self._left[name] -= amount
