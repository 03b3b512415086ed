"""What the values in conditions are, and how they compare."""

import operator
import re
from collections.abc import Callable, Mapping

from gatewright.domain.plan_run import StepResult

Results = Mapping[str, StepResult]
Values = Mapping[str, str]
Value = bool | float | str | None
"""None: a step that ended without an exit code; it equals nothing."""
Term = Callable[[Results, Values], Value]

_NUMBER = re.compile(r"\s*[+-]?\d{1,300}(?:\.\d{0,300})?\s*", re.ASCII)
ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def exit_code(step: str) -> Term:
    """Of a step."""

    def term(results: Results, values: Values) -> Value:
        result = results.get(step)
        return None if result is None or result.exit_code is None else float(result.exit_code)

    return term


def output(step: str, capture: str) -> Term:
    """What a step captured; empty without a result."""

    def term(results: Results, values: Values) -> Value:
        result = results.get(step)
        return "" if result is None else result.captures.get(capture, "")

    return term


def compared(left: Term, sign: str, right: Term) -> Term:
    """Order is of numbers only; nothing is equal to a code that is not there."""

    def term(results: Results, values: Values) -> Value:
        one, two = left(results, values), right(results, values)
        if sign in ORDER:
            low, high = _number(one), _number(two)
            return low is not None and high is not None and ORDER[sign](low, high)
        return _equal(one, two) == (sign == "==")

    return term


def _equal(one: Value, two: Value) -> bool:
    if one is None or two is None:
        return False
    if type(one) is type(two):
        return one == two
    low, high = _number(one), _number(two)
    return low is not None and low == high


def _number(value: Value) -> float | None:
    """Words that are a number count as one: what a step printed is compared with numbers."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return value
