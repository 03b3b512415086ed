"""The words of conditions."""

import re
from typing import NamedTuple, NoReturn

from gatewright.domain.errors import InputError

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d{1,15}(?:\.\d{1,15})?(?![\w.]))|(?P<word>[A-Za-z_]\w*)"""
    r"""|'(?P<one>[^']*)'|"(?P<two>[^"]*)"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|,))""",
    re.ASCII,
)
_SPACE = re.compile(r"\s*")


class Token(NamedTuple):
    """One of them."""

    kind: str
    """`number`, `word`, `string`, `sign`, `end`."""
    text: str
    column: int
    """1-based."""


def tokens(text: str) -> list[Token]:
    """Raises: InputError."""
    found: list[Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup or ""
        column = match.start(kind) + 1
        found.append(Token("string" if kind in {"one", "two"} else kind, match[kind], column))
        at = match.end()
    space = _SPACE.match(text, at)
    at = space.end() if space else at
    if at < len(text):
        refuse(text, at + 1, f"{text[at]!r} is not understood")
    return [*found, Token("end", "", at + 1)]


def refuse(text: str, column: int, problem: str, hint: str = "") -> NoReturn:
    """Raises: InputError, always."""
    raise InputError(
        "when",
        text,
        f"column {column}: {problem}",
        hint + "Write success, failure, always or a condition such as failed('a').",
    )
