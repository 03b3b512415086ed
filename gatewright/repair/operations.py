"""Operators, comparisons and built-ins on known values, within bounds of time and room.

Pure. What would take long, depends on the order of a set, or raises, is `Unknown`.
"""

import ast
import operator
from collections.abc import Callable
from typing import Any

MOST_BITS = 2000
MOST_ITEMS = 500
MOST_TEXT = 2000

IMMUTABLE = (type(None), bool, int, float, str, bytes)
NUMBERS = (bool, int, float)
INDEXED = (str, bytes, list, tuple, range)
_SIZED = (str, bytes, list, tuple, set, dict, range)


class Unknown(Exception):
    """The value cannot be told from what is known."""


def binary(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """The value of an operator on two known values.

    Raises: Unknown.
    """
    _check_size(kind, left, right)
    function = _BINARY.get(kind)
    if function is None:
        raise Unknown
    return bounded(guarded(function, left, right))


def compared(kind: type[ast.cmpop], left: Any, right: Any) -> bool:
    """The truth of a comparison.

    Raises: Unknown.
    """
    if kind in (ast.Is, ast.IsNot):
        # Whether equal values are one object is nobody's business, but for these three.
        if not any(side is None or side is True or side is False for side in (left, right)):
            raise Unknown
        return (left is right) == (kind is ast.Is)
    # In a range, whole numbers are found at once, and all else by going through it.
    kinds = (range,) if type(left) is not int else ()
    if kind in (ast.In, ast.NotIn) and (type(right) not in _SIZED or type(right) in kinds):
        raise Unknown
    return bool(guarded(_COMPARE[kind], left, right))


def same(left: Any, right: Any) -> bool:
    """Whether two values are of one type and no code could tell them apart, in all their parts.

    Lists, dictionaries and sets are never the same: one may be changed later, and not the other.
    """
    if type(left) is not type(right):
        return False
    if type(left) is tuple:
        return len(left) == len(right) and all(map(same, left, right))
    if type(left) is float:
        return repr(left) == repr(right)
    return type(left) in (*IMMUTABLE, range) and bool(left == right)


def items(value: Any) -> list[Any]:
    """In order; that of a set is another in each process."""
    if type(value) not in _SIZED or type(value) is set or len(value) > MOST_ITEMS:
        raise Unknown
    return list(value)


def _check_size(kind: type[ast.operator], left: Any, right: Any) -> None:
    """What would take long or much room is not even begun."""
    if kind is ast.Pow:
        small = type(right) in NUMBERS and abs(right) <= 64
        if not small or type(left) not in NUMBERS:
            raise Unknown
    if kind is ast.LShift and not (type(right) is int and right <= MOST_BITS):
        raise Unknown
    if kind is ast.Mod and type(left) in (str, bytes):
        raise Unknown  # formatting may fill up any width
    if kind is ast.Mult:
        _check_repeated(left, right)
        _check_repeated(right, left)


def _check_repeated(value: Any, times: Any) -> None:
    if type(value) not in (str, bytes, list, tuple):
        return
    if type(times) is not int or len(value) * times > MOST_ITEMS:
        raise Unknown
    if any(type(item) not in IMMUTABLE for item in value):
        raise Unknown  # repeated again and again it would grow beyond all bounds


def bounded(value: Any) -> Any:
    """The value, unless it is too large or of a kind that is not known here.

    Raises: Unknown.
    """
    kind = type(value)
    if kind is int and value.bit_length() > MOST_BITS:
        raise Unknown
    if kind in (str, bytes) and len(value) > MOST_TEXT:
        raise Unknown
    if kind in (list, tuple, set, dict) and len(value) > MOST_ITEMS:
        raise Unknown
    if kind is complex:
        raise Unknown
    return value


def guarded(function: Callable[..., Any], *values: Any) -> Any:
    """Call a built-in; what it raises, the code under test would meet as well."""
    try:
        return function(*values)
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError):
        raise Unknown from None


def _range(*bounds: Any) -> range:
    made = range(*bounds)
    if any(abs(bound) > 2**40 for bound in bounds):
        raise Unknown
    return made


def _limited(function: Callable[..., Any], *, ordered: bool = False) -> Callable[..., Any]:
    """For those that go through all of what they are given, `ordered` in its order."""

    def call(*values: Any) -> Any:
        for value in values:
            if type(value) in _SIZED and len(value) > MOST_ITEMS:
                raise Unknown
            if ordered and type(value) is set:
                raise Unknown
        return function(*values)

    return call


def _sum(*values: Any) -> Any:
    if len(values) != 1 or any(type(item) not in NUMBERS for item in items(values[0])):
        raise Unknown
    return sum(values[0])


def _int(*values: Any) -> int:
    if len(values) != 1 or type(values[0]) not in (bool, int, float):
        raise Unknown
    return int(values[0])


def _str(*values: Any) -> str:
    if len(values) != 1 or type(values[0]) not in (bool, int, float, str, type(None)):
        raise Unknown
    return str(values[0])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "abs": abs,
    "bool": bool,
    "int": _int,
    "str": _str,
    "ord": ord,
    "range": _range,
    "min": _limited(min),
    "max": _limited(max),
    "sum": _sum,
    "sorted": _limited(sorted),
    "any": _limited(any),
    "all": _limited(all),
    "list": _limited(list, ordered=True),
    "tuple": _limited(tuple, ordered=True),
}
"""Built-ins that have no effect and call nothing of their arguments."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
