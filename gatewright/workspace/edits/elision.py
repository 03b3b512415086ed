"""Places where a model left lines out instead of writing them."""

import re
from collections.abc import Collection, Sequence

from gatewright.domain.errors import EditRefused
from gatewright.workspace.edits.text import split

_DOTS = r"(?:\.{3,}|…)"
_BARE = re.compile(rf"\s*(?:[#;%*]+|//+|--|/\*+|<!--)?\s*{_DOTS}\s*(?:\*/|-->)?\s*")
_WORDS = (
    r"(?:rest|remain(?:s|ing|der)|existing|previous|other|same|unchanged|omitted|original|"
    r"as before|more code|no change)"
)
_MARK = r"\s*(?:[#;%*]+|//+|--|/\*+|<!--)\s*"
_COMMENT = re.compile(
    rf"{_MARK}(?:{_DOTS}.*\b{_WORDS}\b.*|.*\b{_WORDS}\b.*{_DOTS}\W*|{_DOTS}\s*(?:\*/|-->)?\s*)",
    re.IGNORECASE,
)
"""A comment with dots and a word that says that something stays as it was, or only dots. A bare
`...` is not one: it is a statement of Python."""

_MOST_LENGTH = 200
"""Characters of a line that is looked at."""


def left_out(lines: Sequence[str]) -> str | None:
    """The first line of a quotation that may stand for others, bare dots included."""
    return next((x for x in lines if len(x) <= _MOST_LENGTH and _BARE.fullmatch(x)), None) or next(
        (x for x in lines if len(x) <= _MOST_LENGTH and _COMMENT.fullmatch(x)), None
    )


def check_complete(path: str, new: str, old: Collection[str]) -> None:
    """Raises: EditRefused when the new text has a comment in the place of code.

    A line that the old text has as well is the file's own.
    """
    for line in split(new):
        if len(line) <= _MOST_LENGTH and _COMMENT.fullmatch(line) and line not in old:
            raise EditRefused(
                path,
                f"the line {line.strip()!r} stands for code that was left out; "
                "write all lines in full",
            )
