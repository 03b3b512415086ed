"""Hunks of a unified diff, as the lines that go and the lines that come."""

from typing import NamedTuple

from agents.edit_format_lines import Malformed, fence, short
from agents.edit_format_names import ends_hunk, starts_header
from gatewright.domain.edit import Block


class Hunk(NamedTuple):
    """One hunk."""

    block: Block
    changes: bool
    """Whether it has a line that goes or comes."""
    after: int
    """Index of the first line behind it."""


class _Side:
    """The text of one side."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ended = True

    def text(self) -> str:
        body = "\n".join(self.lines)
        return body + "\n" if self.lines and self.ended else body


def next_hunk(lines: list[str], start: int, *, fenced: bool) -> Hunk | None:
    """The hunk that begins here, with or without its `@@` line; None where there is none.

    Outside fences, prose ends a hunk; inside, a line that begins wrongly is an error.
    Raises: Malformed.
    """
    first = start
    while first < len(lines) and not lines[first].strip():
        first += 1
    if first == len(lines) or starts_header(lines, first):
        return None
    if lines[first].startswith("@@"):
        first += 1
    elif lines[first][0] not in " +-":
        return None
    after = _end(lines, first, fenced=fenced)
    return _read(_without_blank_end(lines[first:after]), after=after)


def _end(lines: list[str], start: int, *, fenced: bool) -> int:
    for index in range(start, len(lines)):
        line = lines[index]
        if line.startswith("@@") or fence(line) is not None or ends_hunk(lines, index):
            return index
        if not line.strip() or line[0] in " +-\\":
            continue
        if fenced:
            raise Malformed(
                f"line {index + 1} ({short(line)}) stands in a hunk but begins with neither a "
                "space, nor `-`, nor `+`; put a space before unchanged lines"
            )
        return index
    return len(lines)


def _without_blank_end(body: list[str]) -> list[str]:
    """Blank lines without the leading space, at the end, stand between hunks rather than in one."""
    while body and body[-1] == "":
        body = body[:-1]
    return body


def _read(body: list[str], *, after: int) -> Hunk:
    old, new = _Side(), _Side()
    changes = False
    sides: tuple[_Side, ...] = (old, new)
    for line in body:
        if line.startswith("\\"):
            for side in sides:
                side.ended = False
            continue
        sign, rest = (line[0], line[1:]) if line and line[0] in " +-" else (" ", line)
        sides = {" ": (old, new), "-": (old,), "+": (new,)}[sign]
        changes = changes or sign != " "
        for side in sides:
            side.lines.append(rest)
            side.ended = True
    return Hunk(Block(search=old.text(), replace=new.text()), changes, after)
