"""The graph of a plan's steps: cycles, and who comes before whom."""

from collections import deque
from collections.abc import Mapping, Sequence


def order(before: Sequence[Sequence[int]]) -> list[int]:
    """Steps such that each comes after those before it; those in or behind a cycle are left out."""
    after: list[list[int]] = [[] for _ in before]
    missing = [0] * len(before)
    for number, those in enumerate(before):
        for one in set(those):
            after[one].append(number)
            missing[number] += 1
    ready = deque(number for number, count in enumerate(missing) if not count)
    found: list[int] = []
    while ready:
        number = ready.popleft()
        found.append(number)
        for one in after[number]:
            missing[one] -= 1
            if not missing[one]:
                ready.append(one)
    return found


def cycles(before: Sequence[Sequence[int]]) -> list[list[int]]:
    """A shortest cycle through the first step of each knot of cycles; its steps once, each with
    the one that it depends on behind it."""
    tied = set(range(len(before))) - set(order(before))
    found = []
    for knot in _knots(before, tied):
        found.append(_shortest(before, min(knot), set(knot)))
    return sorted(found)


def _knots(before: Sequence[Sequence[int]], among: set[int]) -> list[list[int]]:
    """Strongly connected components of more than one step (Tarjan's, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    knots: list[list[int]] = []
    for root in sorted(among):
        if root in index:
            continue
        work = [(root, iter([one for one in before[root] if one in among]))]
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        while work:
            node, rest = work[-1]
            for one in rest:
                if one not in index:
                    index[one] = low[one] = len(index)
                    path.append(one)
                    on_path.add(one)
                    work.append((one, iter([two for two in before[one] if two in among])))
                    break
                if one in on_path:
                    low[node] = min(low[node], index[one])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = path.index(node) if path[-1] != node else len(path) - 1
                    knot, path = path[at:], path[:at]
                    on_path.difference_update(knot)
                    if len(knot) > 1:
                        knots.append(knot)
    return knots


def _shortest(before: Sequence[Sequence[int]], start: int, among: set[int]) -> list[int]:
    came: dict[int, int] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for one in before[node]:
            if one == start:
                way = [node]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if one in among and one not in came:
                came[one] = node
                queue.append(one)
    return [start]


class Ancestors:
    """Which steps come before a step, directly or not; reckoned when first asked for."""

    def __init__(self, ids: Mapping[str, int], before: Sequence[Sequence[int]]) -> None:
        self._ids = ids
        self._before = before
        self._bits: list[int | None] | None = None

    def has(self, step: int, other: str) -> bool | None:
        """Whether `other` comes before the step; None where a cycle lets nobody say."""
        at = self._ids[other]
        if at in self._before[step]:
            return True
        bits = self._all()[step]
        return None if bits is None else bool(bits >> at & 1)

    def _all(self) -> list[int | None]:
        if self._bits is None:
            # A bit a step: a set a step would take 50 times the memory in a chain of 10,000.
            found: list[int | None] = [None] * len(self._before)
            for number in order(self._before):
                mine = 0
                for one in self._before[number]:
                    mine |= 1 << one | (found[one] or 0)
                found[number] = mine
            self._bits = found
        return self._bits
