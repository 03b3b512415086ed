"""Inputs for functions, made from those that the tests give them.

Pure, and the same for the same calls. What all observed calls have in common (types, order,
lengths that go together) is taken for what the function asks of its callers, and is kept.
"""

import ast
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from gatewright.repair.habits import habits, soft_habits

MOST = 150
MOST_CHARS = 400
"""Of one input as text."""
ROUNDS = 60
"""Inputs made of each function are drawn this many times over, at most."""
MADE = 0.5
"""The weight of an input that no test gives."""
ODD = 0.2
"""The weight of one that is unlike those that tests give, but may be meant to work."""

Place = int | str
"""A position, or a keyword."""
Arguments = dict[Place, Any]


class Said(Protocol):
    """A call as it was observed; arguments are literals in text."""

    path: str
    name: str
    args: str
    kwargs: str
    test: str


class Invocation(NamedTuple):
    """A function of the repository with literal arguments."""

    path: str
    name: str
    args: str
    """A tuple, as Python writes it."""
    kwargs: str
    """A dict, as Python writes it."""
    weight: float
    """How much it tells: 1 for what a test gives."""
    test: str = ""
    """The test that gives it, if one does."""

    def shown(self) -> str:
        """As it would be written in code."""
        args: tuple[Any, ...] = ast.literal_eval(self.args)
        kwargs: dict[str, Any] = ast.literal_eval(self.kwargs)
        words = [repr(value) for value in args]
        words += [f"{name}={value!r}" for name, value in kwargs.items()]
        return f"{self.name}({', '.join(words)})"


def inputs(calls: Sequence[Said], *, most: int = MOST) -> list[Invocation]:
    """What the tests give, then what is like it; functions share the number fairly."""
    grouped: dict[tuple[str, str], list[tuple[Arguments, str]]] = {}
    for call in calls:
        arguments = _read(call)
        if arguments is not None:
            grouped.setdefault((call.path, call.name), []).append((arguments, call.test))
    if not grouped:
        return []
    share = max(1, most // len(grouped))
    found: list[Invocation] = []
    for (path, name), given in sorted(grouped.items()):
        ordered = sorted(_of_function(path, name, given), key=lambda each: -each.weight)
        found += ordered[:share]
    return found[:most]


def _of_function(
    path: str, name: str, given: Sequence[tuple[Arguments, str]]
) -> Iterator[Invocation]:
    known: set[tuple[str, str]] = set()
    for arguments, test in given:
        made = _invocation(path, name, arguments, 1.0, test)
        if (made.args, made.kwargs) not in known:
            known.add((made.args, made.kwargs))
            yield made
    observed = [arguments for arguments, _ in given]
    firm, soft = habits(observed), soft_habits(observed)
    for arguments in _varied(observed):
        if not all(habit(arguments) for habit in firm):
            continue
        weight = MADE if all(habit(arguments) for habit in soft) else ODD
        made = _invocation(path, name, arguments, weight, "")
        key = (made.args, made.kwargs)
        if key in known or not _is_literal(made):
            continue
        known.add(key)
        yield made


def _varied(observed: Sequence[Arguments]) -> Iterator[Arguments]:
    """One argument changed, arguments of two calls mixed, then several changed at once."""
    chance = random.Random(len(observed))  # noqa: S311 - no secret; the same calls, the same inputs
    pools: dict[Place, list[Any]] = {}
    for arguments in observed:
        for place, value in arguments.items():
            pools.setdefault(place, []).append(value)
    for each in range(ROUNDS):
        for arguments in observed:
            mixed = dict(arguments)
            if each % 3 == 2 and len(observed) > 1:
                other = chance.choice(observed)
                place = chance.choice(list(mixed)) if mixed else 0
                if place in other:
                    mixed[place] = other[place]
            for _ in range(1 + (each % 4 == 3)):
                if mixed and each % 6 != 2:
                    place = chance.choice(list(mixed))
                    mixed[place] = vary(mixed[place], pools[place], chance)
            yield mixed


def vary(value: Any, pool: Sequence[Any], chance: random.Random) -> Any:
    """Something like a value, of its type; the pool has what else was seen in its place."""
    kind = type(value)
    alike = [each for each in pool if type(each) is kind] or [value]
    made = value
    if kind is bool:
        made = not value
    elif kind is int:
        near = (value + 1, value - 1, 0, 1, -value, value * 2, value + 2, value + 10)
        made = chance.choice(near)
    elif kind is float:
        made = chance.choice((value + 1, value - 1, 0.0, -value, value / 2, value * 2))
    elif kind in (str, bytes):
        made = _of_text(value, alike, chance)
    elif kind in (list, tuple):
        made = kind(_of_items(list(value), alike, chance))
    elif kind is set:
        ordered = [sorted(each, key=repr) for each in (value, *alike)]
        made = set(_of_items(ordered[0], ordered[1:], chance))
    elif kind is dict:
        made = _of_dict(value, alike, chance)
    return made


def _of_text(value: Any, pool: Sequence[Any], chance: random.Random) -> Any:
    other = chance.choice(pool)
    at = chance.randrange(len(value) + 1)
    donor = chance.randrange(len(other) + 1)
    letter = other[donor : donor + 1]
    ways = (
        value[:0],
        value[:1],
        value[:-1],
        value[1:],
        value + value,
        value[::-1],
        value[:at] + letter + value[at:],
        value[:at] + value[at + 1 :],
        value[:at] + letter + value[at + 1 :],
        value[:at] + other[donor:],
    )
    return chance.choice(ways)


def _of_items(items: list[Any], pool: Sequence[Any], chance: random.Random) -> list[Any]:
    around = [item for each in pool for item in each] or items
    at = chance.randrange(len(items) + 1)
    more = [chance.choice(around)] if around else []
    ways = [
        [],
        items[:1],
        items[:-1],
        items[1:],
        items[::-1],
        items + items[:1],
        items[:at] + more + items[at:],
        items[:at] + items[at + 1 :],
        items[:at] + [vary(item, around, chance) for item in items[at : at + 1]] + items[at + 1 :],
        items[:at] + [vary(item, around, chance) for item in items[at : at + 1]] + items[at + 1 :],
        chance.sample(items, len(items)),
        _sorted(items),
    ]
    return chance.choice(ways)


def _of_dict(value: dict[Any, Any], pool: Sequence[Any], chance: random.Random) -> dict[Any, Any]:
    keys = list(value)
    if not keys:
        return dict(chance.choice(pool))
    key = chance.choice(keys)
    without = {name: item for name, item in value.items() if name != key}
    changed = {**value, key: vary(value[key], list(value.values()), chance)}
    other = chance.choice(pool)
    return chance.choice((without, changed, changed, {**value, **other}, {key: value[key]}))


def _sorted(items: list[Any]) -> list[Any]:
    try:
        return sorted(items)
    except TypeError:
        return items


def _is_literal(made: Invocation) -> bool:
    """Infinity, for one, is none."""
    text = f"[{made.args}, {made.kwargs}]"
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return len(text) <= MOST_CHARS


def _read(call: Said) -> Arguments | None:
    """None for what is no literal: the text was written beside code that nobody trusts."""
    if len(call.args) + len(call.kwargs) > 4 * MOST_CHARS:
        return None
    try:
        args, kwargs = ast.literal_eval(call.args), ast.literal_eval(call.kwargs)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        return None
    return {**dict(enumerate(args)), **kwargs}


def _invocation(path: str, name: str, arguments: Arguments, weight: float, test: str) -> Invocation:
    args = tuple(value for place, value in arguments.items() if isinstance(place, int))
    kwargs = {place: value for place, value in arguments.items() if isinstance(place, str)}
    return Invocation(path, name, repr(args), repr(kwargs), weight, test)
