"""Python text as the interpreter splits it into lines, with its comments and its tree.

Pure. Nothing here raises for any text: a change may hold what no interpreter reads.
"""

import ast
import codecs
import io
import re
import tokenize
import warnings
from typing import NamedTuple

from gatewright.domain.syntax import parse
from gatewright.workspace.gate.changed import FileChange

PYTHON = (".py", ".pyi", ".pyw")

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_PLAIN = re.compile(r"utf-?8(-sig)?|u8|ascii|us-ascii|latin-?1|iso-?8859-\d+|cp125\d|l1")
"""Encodings that leave ASCII as it is; in others, code may look like anything else."""


class Comment(NamedTuple):
    """A comment and where it stands."""

    line: int
    """1-based."""
    text: str
    """From its `#` on."""
    code: str
    """What stands before it on the line, stripped."""


def is_python(path: str) -> bool:
    """Whether Python, or a type checker, reads this as a module."""
    return path.endswith(PYTHON)


def decoded(data: bytes | None) -> str:
    """A module's text with `\\n` as the only line end; what cannot be decoded is replaced."""
    text = (data or b"").decode(encoding(data), "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding(data: bytes | None) -> str:
    """The encoding that a module declares, if Python knows it, else UTF-8."""
    for line in (data or b"").splitlines()[:2]:
        found = _COOKIE.match(line)
        if found is not None:
            try:
                name = codecs.lookup(found[1].decode("ascii", "replace")).name
                b"".decode(name)
            except (LookupError, ValueError):
                return "utf-8"
            return name
    return "utf-8"


def hides_code(data: bytes | None) -> bool:
    """Whether the declared encoding lets ASCII mean something else, as UTF-7 does."""
    return _PLAIN.fullmatch(encoding(data).replace("_", "-")) is None


def parsed(text: str) -> ast.Module | None:
    """The tree; None where this Python cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def comments(text: str) -> list[Comment]:
    """Every comment; where the text cannot be tokenized, what looks like one in the rest."""
    lines = text.split("\n")
    found: list[Comment] = []
    reached = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            reached = max(reached, token.end[0])
            if token.type == tokenize.COMMENT:
                line, column = token.start
                code = lines[line - 1][:column].strip() if line <= len(lines) else ""
                found.append(Comment(line, token.string, code))
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        found += [c for c in _guessed(lines) if c.line > reached]
    return found


def _guessed(lines: list[str]) -> list[Comment]:
    guesses = []
    for number, line in enumerate(lines, start=1):
        code, sign, text = line.partition("#")
        if sign:
            guesses.append(Comment(number, sign + text, code.strip()))
    return guesses


def before(change: FileChange) -> str:
    """The base's text of a changed file; empty where there was none."""
    return decoded(change.before)


def after(change: FileChange) -> str:
    """The change's text of a file; empty where it was deleted."""
    return decoded(change.after)
