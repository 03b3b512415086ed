"""JSON text to plain values, strictly: no key twice, no NaN."""

import json
from math import isinf
from typing import Any, NamedTuple, NoReturn

from gatewright.plans.documents.problems import short


class Unreadable(Exception):
    """A text is not in the form that it claims to be in."""

    def __init__(self, message: str, *, line: int | None, fix: str) -> None:
        self.message = message
        self.line = line
        self.fix = fix
        super().__init__(message)


class Read(NamedTuple):
    """What a text holds."""

    value: Any
    has_twice: bool
    """Some object has a key twice."""


def read_json(text: str) -> Read:
    """Raises: Unreadable."""
    twice = False

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        made = dict(found)
        twice = twice or len(made) != len(found)
        return made

    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_constant=_no_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        what = error.msg[0].lower() + error.msg[1:]
        message = f"is no JSON: {what} (column {error.colno})"
        raise Unreadable(message, line=error.lineno, fix=_hint(text, error.pos)) from None
    except RecursionError:
        fix = "Write it flatter."
        raise Unreadable("is nested too deep", line=None, fix=fix) from None
    except ValueError as error:
        raise Unreadable(f"is no JSON: {error}", line=None, fix="Mend it.") from None
    return Read(value, twice)


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"{short(text)} is too large a number")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _hint(text: str, at: int) -> str:
    before = text[max(0, at - 200) : at].rstrip()
    if text[at : at + 1] in {"}", "]"} and before.endswith(","):
        return "Take the comma before it away."
    if text[at : at + 1] == "'":
        return "Write strings in double quotes."
    if text[at : at + 2] in {"//", "/*"} or text[at : at + 1] == "#":
        return "JSON knows no comments: use description, or YAML."
    return "Mend it there."
