"""Edits as search and replace blocks."""

import re
from typing import NamedTuple

from agents.edit_format_lines import (
    MOVES,
    Malformed,
    fence,
    joined,
    lines_of,
    move,
    path_in,
    path_on,
)
from gatewright.domain.edit import Block, FileEdit, ReplaceBlocks

INSTRUCTIONS = f"""Give every change as a block: the file's path on a line of its own, then the
lines to be found and the lines that take their place, between these three markers. Example:

src/greeting.py
<<<<<<< SEARCH
def greet(name: str) -> str:
    return "Hello"
=======
def greet(name: str) -> str:
    return f"Hello, {{name}}!"
>>>>>>> REPLACE

- SEARCH holds whole lines, exactly as they are in the file, indentation included, and enough of
  them to stand only once in the file. Never write `...` in place of lines.
- Keep blocks small; use several for several places, in the order of the file, each with its path.
- To insert, search for a line beside the place and repeat it in the replacement.
- To create a file, leave SEARCH empty. To remove lines, leave the replacement empty.
- If the text itself has a line of seven `=`, `<` or `>`, make all three markers longer (nine
  signs each, say).

{MOVES}"""

_OPEN = re.compile(r"(<{5,})\s*SEARCH\b[\s>:]*")
_DIVIDER = re.compile(r"={5,}\s*")
_CLOSE = re.compile(r"(>{5,})\s*REPLACE\b[\s<:]*")


class _Found(NamedTuple):
    block: Block
    after: int
    """Index of the first line behind the block."""


def parse_blocks(text: str) -> list[FileEdit]:
    """Edits in the order in which they stand. Raises: agents.edit_format_lines.Malformed."""
    lines = lines_of(text)
    edits: list[FileEdit] = []
    path: str | None = None
    above, index = "", 0
    while index < len(lines):
        line = lines[index]
        if _OPEN.fullmatch(line):
            path = (path_on(above) if above else None) or path
            if path is None:
                raise Malformed(
                    f"the block at line {index + 1} has no path. Write the file's path alone on "
                    "the line before <<<<<<< SEARCH"
                )
            found = _block(lines, index)
            _add(edits, path, found.block)
            above, index = "", found.after
            continue
        _check_stray(line, index + 1)
        moved = move(line, index + 1)
        edits += [moved] if moved else []
        above = _above(line, above)
        index += 1
    return edits


def _above(line: str, above: str) -> str:
    """The text that names the path of a block to come; fences and blank lines do not part them."""
    opening = fence(line)
    if opening is not None:
        return path_in(opening.info) or above
    return line if line.strip() else above


def _add(edits: list[FileEdit], path: str, block: Block) -> None:
    last = edits[-1] if edits else None
    if isinstance(last, ReplaceBlocks) and last.path == path:
        edits[-1] = ReplaceBlocks(path=path, blocks=(*last.blocks, block))
    else:
        edits.append(ReplaceBlocks(path=path, blocks=(block,)))


def _block(lines: list[str], start: int) -> _Found:
    length = len(lines[start]) - len(lines[start].lstrip("<"))
    end = _end(lines, start, length)
    inside = range(start + 1, end)
    exact = [i for i in inside if lines[i].rstrip() == "=" * length]
    dividers = exact or [i for i in inside if _DIVIDER.fullmatch(lines[i])]
    if not dividers:
        raise Malformed(
            f"the block at line {start + 1} has no ======= line between the lines to be found "
            "and the new ones"
        )
    if len(dividers) > 1:
        raise Malformed(
            f"the block at line {start + 1} has {len(dividers)} lines of `=`, so it is not clear "
            "which parts it; make the three markers of this block longer than any line of `=` in "
            "its text (nine signs each, say)"
        )
    middle = dividers[0]
    block = Block(search=joined(lines[start + 1 : middle]), replace=joined(lines[middle + 1 : end]))
    return _Found(block, end + 1)


def _end(lines: list[str], start: int, length: int) -> int:
    """The closing marker: one of the same length, else of any, before another block opens."""
    other: int | None = None
    for index in range(start + 1, len(lines)):
        opened = _OPEN.fullmatch(lines[index])
        if opened and len(opened[1]) == length:
            break
        closed = _CLOSE.fullmatch(lines[index])
        if closed and len(closed[1]) == length:
            return index
        if closed and other is None:
            other = index
    if other is not None:
        return other
    raise Malformed(
        f"the block at line {start + 1} is not closed; end it with "
        f"{'>' * length} REPLACE on a line of its own"
    )


def _check_stray(line: str, number: int) -> None:
    if _CLOSE.fullmatch(line):
        raise Malformed(
            f"line {number} closes a block that was not opened; every block needs "
            "<<<<<<< SEARCH, ======= and >>>>>>> REPLACE, each on a line of its own, and longer "
            "markers when its text has such lines"
        )
