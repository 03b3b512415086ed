"""Blocks of lines in one file, replaced in order."""

from collections.abc import Sequence
from typing import NamedTuple

from gatewright.domain.edit import Block
from gatewright.domain.errors import EditMismatch, EditRefused
from gatewright.domain.findings import Finding
from gatewright.workspace.edits.elision import check_complete
from gatewright.workspace.edits.match import find
from gatewright.workspace.edits.text import Text, spliced, split, written

MOST_BLOCKS = 1000
"""In one file."""

_HOW = {
    "trailing_space": "the quoted lines differ from the file's in trailing white space",
    "indentation": "the quoted lines are indented otherwise than the file's; the new ones were "
    "shifted alike",
    "similar": "the quoted lines are only similar to the file's",
    "in_place": "the new lines are in place already",
}


class Replaced(NamedTuple):
    """A file's new text, and how it came about."""

    text: Text
    notes: tuple[Finding, ...]


def replaced(path: str, old: Text | None, blocks: Sequence[Block]) -> Replaced:
    """The text after all blocks; None is a file that is not there.

    Raises: EditRefused, EditMismatch.
    """
    if len(blocks) > MOST_BLOCKS:
        raise EditRefused(path, f"{len(blocks)} blocks; at most {MOST_BLOCKS} in one file")
    text, notes = old, list[Finding]()
    for number, block in enumerate(blocks, start=1):
        try:
            done = _filled(path, text, block) if not block.search else _one(path, text, block)
        except EditMismatch as error:
            raise EditMismatch(path, _which(number, blocks) + error.reason, error.nearest) from None
        except EditRefused as error:
            raise EditRefused(path, _which(number, blocks) + error.reason) from None
        text = done.text
        notes += done.notes
    if text is None:
        raise EditRefused(path, "no block is given")
    return Replaced(text, tuple(notes))


def _filled(path: str, text: Text | None, block: Block) -> Replaced:
    """An empty search: the file is new, or empty so far."""
    if text is not None and not text.blank:
        if [line.text for line in text.lines] == split(block.replace):
            return Replaced(text, (_note(path, None, _HOW["in_place"]),))
        raise EditRefused(
            path, "the file exists and is not empty, so the lines to be replaced must be quoted"
        )
    check_complete(path, block.replace, ())
    new = written(None, block.replace)
    return Replaced(Text(lines=new.lines, bom=text is not None and text.bom), ())


def _one(path: str, text: Text | None, block: Block) -> Replaced:
    if text is None:
        raise EditRefused(path, "there is no such file; leave the search empty to create it")
    if block.search == block.replace:
        return Replaced(text, (_note(path, None, "the block replaces lines by the same lines"),))
    search, replace = split(block.search), split(block.replace)
    check_complete(path, block.replace, search)
    place = find(path, [line.text for line in text.lines], search, replace)
    if place.how == "in_place":
        return Replaced(text, (_note(path, place.start, _HOW["in_place"]),))
    ends = block.replace.endswith("\n")
    new = spliced(
        text,
        place.start,
        search,
        replace,
        shown=place.shown,
        final_newline=None if ends == block.search.endswith("\n") else ends,
    )
    notes = () if place.how == "exact" else (_note(path, place.start, _HOW[place.how]),)
    return Replaced(new, notes)


def _which(number: int, blocks: Sequence[Block]) -> str:
    return f"block {number} of {len(blocks)}: " if len(blocks) > 1 else ""


def _note(path: str, start: int | None, message: str) -> Finding:
    line = None if start is None else start + 1
    return Finding(check="edit", severity="note", file=path, line=line, message=message)
