"""A file's text with what an edit must not lose: line ends, the final newline, the BOM."""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatewright.domain.errors import EditRefused

MOST_NEW = 2 * 2**20
"""Bytes of text that one edit may bring."""
MOST_OLD = 8 * 2**20
"""Bytes of a file that can be edited by blocks."""

_MOST_PAIRS = 1_000_000
"""Lines times lines that are aligned; beyond it the answer would take seconds."""


class Line(NamedTuple):
    """One line of a file."""

    text: str
    end: str
    """`\\n`, `\\r\\n`, or nothing at the end of a file without a final newline."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text file, line by line."""

    lines: tuple[Line, ...]
    bom: bool = False

    @property
    def end(self) -> str:
        """The line end that most lines have, which new lines get."""
        count = Counter(line.end for line in self.lines)
        return "\r\n" if count["\r\n"] > count["\n"] else "\n"

    @property
    def mixed(self) -> bool:
        """Whether both kinds of line end occur."""
        return len({line.end for line in self.lines} - {""}) > 1

    @property
    def final_newline(self) -> bool:
        """Whether the last line is ended; so it is in an empty file, for the first line to come."""
        return not self.lines or self.lines[-1].end != ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing but white space."""
        return not any(line.text.strip() for line in self.lines)

    def encode(self) -> bytes:
        """The file's bytes."""
        body = "".join(line.text + line.end for line in self.lines)
        return (("\ufeff" if self.bom else "") + body).encode()


def decode(path: str, data: bytes) -> Text:
    """Raises: EditRefused for a file that is binary, not UTF-8, or too big to be edited."""
    if len(data) > MOST_OLD:
        raise EditRefused(path, f"it has {len(data)} bytes; up to {MOST_OLD} can be edited")
    if b"\0" in data:
        raise EditRefused(path, "it is a binary file (it holds NUL bytes); leave it as it is")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditRefused(
            path, f"it is not UTF-8 (byte {error.start}); leave it as it is"
        ) from None
    body = text.removeprefix("\ufeff")
    return Text(lines=tuple(_lines(body)), bom=len(body) != len(text))


def split(text: str) -> list[str]:
    """Lines without their ends; only LF and CRLF end a line, as git has it."""
    return [line.text for line in _lines(text)]


def written(old: Text | None, content: str) -> Text:
    """The text of a file that is written whole.

    A new file gets a final newline. A file that was there keeps its line ends, its BOM and
    whether it has a final newline: a model that writes a whole file does not see them.
    """
    if old is None:
        lines = [Line(line, "\n") for line in split(content)]
        return Text(lines=tuple(lines))
    new = split(content.removeprefix("\ufeff"))
    places = _aligned([line.text for line in old.lines], new) if old.mixed else [None] * len(new)
    lines = [
        Line(line, old.end) if place is None else old.lines[place]
        for line, place in zip(new, places, strict=True)
    ]
    return Text(lines=_ended(lines, old.end, final=old.final_newline), bom=old.bom)


def spliced(
    old: Text,
    start: int,
    search: Sequence[str],
    replace: Sequence[str],
    *,
    shown: Sequence[str],
    final_newline: bool | None,
) -> Text:
    """The text with `replace` in the place of the `len(search)` lines from `start`.

    Lines that `search` and `replace` have in common stay as they are in the file. `shown` is
    `replace` as it is to be written (shifted, say). `final_newline` is whether a block that
    reaches the end of the file ends in one; None leaves that as it was.
    """
    stop = start + len(search)
    at_end = stop == len(old.lines)
    between = [
        Line(line, old.end) if place is None else old.lines[start + place]
        for line, place in zip(shown, _aligned(search, replace), strict=True)
    ]
    lines = [*old.lines[:start], *between, *old.lines[stop:]]
    if not at_end or not between:
        # Nothing written reaches the end: every line that stays keeps its own.
        return Text(lines=tuple(lines), bom=old.bom)
    final = old.final_newline if final_newline is None else final_newline
    return Text(lines=_ended(lines, old.end, final=final), bom=old.bom)


def _lines(text: str) -> Iterable[Line]:
    *ended, last = text.split("\n")
    for line in ended:
        yield Line(line[:-1], "\r\n") if line.endswith("\r") else Line(line, "\n")
    if last:
        yield Line(last, "")


def _ended(lines: Sequence[Line], end: str, *, final: bool) -> tuple[Line, ...]:
    ended = [line if line.end else Line(line.text, end) for line in lines]
    if ended and not final:
        ended[-1] = Line(ended[-1].text, "")
    return tuple(ended)


def _aligned(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For every new line, the index of the old line that it continues, if there is one."""
    short = min(len(old), len(new))
    head = next((i for i in range(short) if old[i] != new[i]), short)
    rest = short - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    places: list[int | None] = [None] * len(new)
    places[:head] = range(head)
    if tail:
        places[-tail:] = range(len(old) - tail, len(old))
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(middle_old) * len(middle_new) <= _MOST_PAIRS:
        matcher = difflib.SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            places[head + b : head + b + size] = range(head + a, head + a + size)
    return places
