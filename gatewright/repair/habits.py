"""What all the observed calls of a function have in common.

Each habit is a question to the arguments of one more call; it is kept only if every observed
call says yes. A handful of calls proves nothing: this merely keeps made-up inputs near to those
that the function is meant for.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, permutations
from typing import Any

ENOUGH = 3
"""So many calls make a habit of two arguments believable."""

Place = int | str
Arguments = dict[Place, Any]
Habit = Callable[[Arguments], bool]


def habits(observed: Sequence[Arguments]) -> list[Habit]:
    """Those that made-up calls must keep, too."""
    places = list(observed[0]) if observed else []
    every = [_at(place, ask) for place in places for ask in (*ALONE, _types(observed, place))]
    return [habit for habit in every if all(habit(arguments) for arguments in observed)]


def soft_habits(observed: Sequence[Arguments]) -> list[Habit]:
    """Those that made-up calls may break: edges that tests forget."""
    places = list(observed[0]) if observed else []
    every = [_at(place, ask) for place in places for ask in SOFT]
    if len(observed) >= ENOUGH:
        pairs = permutations(places, 2)
        every += [_of_two(first, second, ask) for first, second in pairs for ask in TOGETHER]
    return [habit for habit in every if all(habit(arguments) for arguments in observed)]


def _at(place: Place, ask: Callable[[Any], bool]) -> Habit:
    return lambda arguments: place not in arguments or ask(arguments[place])


def _of_two(first: Place, second: Place, ask: Callable[[Any, Any], bool]) -> Habit:
    def habit(arguments: Arguments) -> bool:
        if first not in arguments or second not in arguments:
            return True
        try:
            return ask(arguments[first], arguments[second])
        except TypeError:
            return False

    return habit


def _types(observed: Sequence[Arguments], place: Place) -> Callable[[Any], bool]:
    """Nothing but types that were seen there, down to the elements."""
    seen = {kind for each in observed if place in each for kind in kinds(each[place])}
    return lambda value: set(kinds(value)) <= seen


def kinds(value: Any, depth: int = 0) -> Iterator[tuple[int, str]]:
    """The types in a value, by how deep they lie."""
    yield depth, type(value).__name__
    for item in _items(value):
        yield from kinds(item, depth + 1)


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else []


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    for item in _items(value):
        yield from _numbers(item)


def _not_negative(value: Any) -> bool:
    return all(number >= 0 for number in _numbers(value))


def _ordered(value: Any) -> bool:
    """A list in order, or one of lists that are."""
    if not isinstance(value, list | tuple):
        return True
    if value and all(isinstance(item, list) for item in value):
        return all(_ordered(item) for item in value)
    try:
        return all(left <= right for left, right in pairwise(value))
    except TypeError:
        return False


def _distinct(value: Any) -> bool:
    if not isinstance(value, list | tuple):
        return True
    return len({repr(item) for item in value}) == len(value)


def _even_rows(value: Any) -> bool:
    """Rows of one length."""
    rows = [item for item in _items(value) if isinstance(item, list | tuple)]
    return len({len(row) for row in rows}) <= 1


def _closed(value: Any) -> bool:
    """A dict of lists whose elements are its keys, as graphs are written."""
    if not isinstance(value, dict):
        return True
    inner = {repr(item) for items in value.values() for item in _items(items)}
    return inner <= {repr(key) for key in value}


def _not_empty(value: Any) -> bool:
    return not hasattr(value, "__len__") or len(value) > 0


def _not_zero(value: Any) -> bool:
    return all(number != 0 for number in _numbers(value))


def _short(value: Any) -> bool:
    """Whole numbers of a usual size: many a function counts up to them."""
    return all(abs(number) <= 50 for number in _numbers(value))


def _same_length(first: Any, second: Any) -> bool:
    return bool(len(first) == len(second))


def _at_most(first: Any, second: Any) -> bool:
    return bool(first <= second)


def _within(first: Any, second: Any) -> bool:
    return isinstance(second, list | tuple | dict | set) and first in second


def _counts(first: Any, second: Any) -> bool:
    """A number that does not go beyond a length."""
    return isinstance(first, int) and first <= len(second)


def _indexes(first: Any, second: Any) -> bool:
    return isinstance(first, int) and 0 <= first < len(second)


ALONE = (_not_negative, _ordered, _distinct, _even_rows, _closed)
SOFT = (_not_empty, _not_zero, _short)
TOGETHER = (_same_length, _at_most, _within, _counts, _indexes)
