"""Which of the patches that pass is most likely meant.

Pure. A patch has a value: how likely such an edit was before anything ran, how it looks, and how
it does on inputs that no test checks, against the other patches. The numbers are logarithms of
odds, more or less; they were chosen on small programs of our own with checks that the search
did not see.
"""

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from gatewright.repair.behaviours import Table
from gatewright.repair.inputs import Invocation
from gatewright.repair.naturalness import Traits

SCORE = 0.7
"""For the logarithm of suspicion and prior."""
NODES = -0.12
LOST = -1.0
GAINED = -0.5
ODD = -1.0
SPECIAL = -2.0
SWITCHED = -3.0
IDLE = -2.0
USED = 1.0
ROLLING = 0.7
PLAINER = 0.4
AGREEMENT = 1.5
"""For the share of the other patches, by their value, that do the same."""
SURPRISE = -3.0
"""For the share of inputs on which it ends in a way that others do not."""
SPOILT = -5.0
"""For the share of inputs that it changes in place, where the code as it is does not."""

SURPRISING = frozenset(
    f"raises {name}"
    for name in (
        "IndexError",
        "KeyError",
        "TypeError",
        "AttributeError",
        "RecursionError",
        "UnboundLocalError",
        "NameError",
        "ZeroDivisionError",
        "MemoryError",
        "RuntimeError",
        "OverflowError",
        "StopIteration",
    )
) | {"runs too long"}
"""Ends that nobody writes on purpose."""


LEAVES = ", leaves "
"""How the sandbox says what a call has made of its arguments."""


class Rank(NamedTuple):
    """One patch among those that pass, by its place among them."""

    place: int
    value: float
    cluster: int
    """Patches of one cluster do the same on all inputs."""


def text_value(score: float, traits: Traits) -> float:
    """What a patch is worth before it is run on inputs."""
    return (
        SCORE * math.log(max(score, 1e-9))
        + NODES * traits.nodes
        + LOST * traits.lost
        + GAINED * traits.gained
        + ODD * traits.odd
        + SPECIAL * traits.special
        + SWITCHED * traits.switched
        + IDLE * traits.idle
        + USED * traits.used
        + ROLLING * traits.rolling
        + PLAINER * traits.plainer
    )


def rank(values: Sequence[float], table: Table, where: Sequence[Hashable] = ()) -> list[Rank]:
    """The best first; ties are for the one that was found first.

    `where` says of each patch what it changes: those of one place have one voice together.
    """
    clusters = _clusters(table)
    voices = where or range(len(values))
    agreement, surprise = _agreement(values, table, voices), _surprise(table)
    spoilt = [_spoilt(row, table) for row in table.after]
    ranks = [
        Rank(
            place,
            value
            + AGREEMENT * agreement[place]
            + SURPRISE * surprise[place]
            + SPOILT * spoilt[place],
            cluster,
        )
        for place, (value, cluster) in enumerate(zip(values, clusters, strict=True))
    ]
    return sorted(ranks, key=lambda each: (-each.value, each.place))


def difference(table: Table, first: int, second: int) -> int | None:
    """The place of the plainest input on which two patches part."""
    rows = enumerate(zip(table.after[first], table.after[second], strict=True))
    parting = [number for number, (one, two) in rows if None not in (one, two) and one != two]
    return min(parting, key=lambda number: _plainness(table.inputs[number]), default=None)


def _plainness(each: Invocation) -> tuple[float, int]:
    return -each.weight, len(each.args) + len(each.kwargs)


def _clusters(table: Table) -> list[int]:
    """By patch, a number that patches of the same behaviour share."""
    numbers: dict[tuple[str | None, ...], int] = {}
    return [numbers.setdefault(tuple(row), len(numbers)) for row in table.after]


def _agreement(values: Sequence[float], table: Table, where: Sequence[Hashable]) -> list[float]:
    """By patch, the share of all places' worth that does what it does, over the inputs."""
    top = max(values, default=0.0)
    worth = [math.exp(value - top) for value in values]
    totals = [0.0] * len(values)
    weights = 0.0
    for number, each in enumerate(table.inputs):
        column = [row[number] for row in table.after]
        if len(set(column)) == 1:
            continue
        voices: dict[tuple[str | None, Hashable], float] = {}
        for key, value in zip(zip(column, where, strict=True), worth, strict=True):
            voices[key] = max(value, voices.get(key, 0.0))
        shares = dict.fromkeys(column, 0.0)
        for (text, _), value in voices.items():
            shares[text] += value
        weights += each.weight
        for place, text in enumerate(column):
            totals[place] += each.weight * shares[text] / sum(voices.values())
    return [total / weights if weights else 1.0 for total in totals]


def _surprise(table: Table) -> list[float]:
    """By patch, the share of inputs where it fails oddly and some other patch does not."""
    totals = [0.0] * len(table.after)
    weights = 0.0
    for number, each in enumerate(table.inputs):
        column = [row[number] for row in table.after]
        odd = [text is not None and text.split(",")[0] in SURPRISING for text in column]
        weights += each.weight
        if all(odd):
            continue
        for place, is_odd in enumerate(odd):
            totals[place] += each.weight * is_odd
    return [total / weights if weights else 0.0 for total in totals]


def _spoilt(row: Sequence[str | None], table: Table) -> float:
    """The share of inputs that are left changed, and were not before."""
    total = sum(each.weight for each in table.inputs)
    spoilt = sum(
        each.weight
        for each, before, after in zip(table.inputs, table.before, row, strict=True)
        if LEAVES in (after or "") and LEAVES not in (before or "")
    )
    return spoilt / total if total else 0.0
