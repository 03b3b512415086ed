"""Choosing among patches that pass, and telling what the others would do."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatewright.repair.answers import Observation
from gatewright.repair.behaviours import Table, tabulate
from gatewright.repair.inputs import Invocation, inputs
from gatewright.repair.inquiry import Driver, NoAnswer
from gatewright.repair.naturalness import traits
from gatewright.repair.patch import Patch
from gatewright.repair.ranking import Rank, difference, rank, text_value

MOST_VALUED = 60
"""Patches whose text is looked at; those that were found first."""
MOST_COMPARED = 12
"""Patches that are run on inputs, the best by their text."""
MOST_OTHERS = 5
HOPELESS = -1e9
"""The value of a patch whose text cannot be judged."""


class Other(NamedTuple):
    """A patch that passes, too, and is not the answer."""

    patch: Patch
    on: Invocation
    """An input on which it does something else than the answer."""
    gives: str
    chosen_gives: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The patch that is the answer."""

    patch: Patch
    others: tuple[Other, ...]
    """The best of each behaviour that is not the answer's."""
    compared: int
    """Patches that were run on inputs, with the answer."""
    inputs: int
    """How many inputs."""
    differing: int
    """Patches that do not do what the answer does."""


async def choose(
    driver: Driver, seen: Observation, files: Mapping[str, bytes], patches: Sequence[Patch]
) -> tuple[Choice | None, list[int]]:
    """The best that the whole suite lets pass, and the places of those that it does not.

    Raises: NoAnswer when there is no time for the suite.
    """
    made = await asyncio.to_thread(inputs, seen.calls)
    values = await asyncio.to_thread(text_values, seen, files, patches)
    order = sorted(range(len(patches)), key=lambda place: (-values[place], place))
    best, rest = order[:MOST_COMPARED], order[MOST_COMPARED:]
    table = await tabulate(driver, [patches[place] for place in best], files, made)
    where = [tuple((edit.path, edit.line) for edit in patches[place].edits) for place in best]
    ranks = rank([values[place] for place in best], table, where)
    refuted: list[int] = []
    for each in ranks:
        place = best[each.place]
        if await _stands(driver, seen, files, patches[place]):
            others = _others(ranks, each, table, [patches[place] for place in best])
            return _choice(patches[place], others, each, ranks, table), refuted
        refuted.append(place)
    for place in rest:
        if await _stands(driver, seen, files, patches[place]):
            alone = Choice(patch=patches[place], others=(), compared=1, inputs=0, differing=0)
            return alone, refuted
        refuted.append(place)
    return None, refuted


def text_values(
    seen: Observation, files: Mapping[str, bytes], patches: Sequence[Patch]
) -> list[float]:
    """What each patch is worth by its text alone."""
    given = {word for call in seen.calls for word in _words(call.args)}
    values: list[float] = []
    for number, patch in enumerate(patches):
        if number >= MOST_VALUED:
            values.append(HOPELESS)
            continue
        try:
            values.append(text_value(patch.score, traits(patch, files, given)))
        except (SyntaxError, ValueError, RecursionError):
            values.append(HOPELESS)
    return values


def _words(text: str) -> list[str]:
    """Numbers and strings of a literal, well enough to know them again."""
    return [word.strip(" ()[]{}:") for word in text.split(",")]


async def _stands(
    driver: Driver, seen: Observation, files: Mapping[str, bytes], patch: Patch
) -> bool:
    if driver.left_s() <= 0:
        raise NoAnswer("the time is over")
    suite = await driver.suite(patch, files)
    good = {name for name, outcome in suite.tests.items() if outcome == "passed"}
    return suite.whole and good.issuperset({*seen.failing, *seen.passing})


def _choice(
    patch: Patch, others: list[Other], chosen: Rank, ranks: Sequence[Rank], table: Table
) -> Choice:
    return Choice(
        patch=patch,
        others=tuple(others),
        compared=len(ranks),
        inputs=len(table.inputs),
        differing=sum(each.cluster != chosen.cluster for each in ranks),
    )


def _others(
    ranks: Sequence[Rank], chosen: Rank, table: Table, patches: Sequence[Patch]
) -> list[Other]:
    found: list[Other] = []
    clusters = {chosen.cluster}
    for each in ranks:
        place = difference(table, chosen.place, each.place)
        if each.cluster in clusters or place is None:
            continue
        clusters.add(each.cluster)
        gives, chosen_gives = table.after[each.place][place], table.after[chosen.place][place]
        other = Other(patches[each.place], table.inputs[place], str(gives), str(chosen_gives))
        found.append(other)
    return found[:MOST_OTHERS]
