"""A candidate as a change of whole lines, with a name and a digest."""

import hashlib

from gatewright.domain.edit import Block, ChangeSet, ReplaceBlocks
from gatewright.repair.mutate import Candidate
from gatewright.repair.source import BOM


def as_block(candidate: Candidate, data: bytes) -> Block:
    """The changed lines, with as many lines around them as make them unique in the file.

    Line ends as in the file; a byte order mark belongs to no line.
    """
    text = data.removeprefix(BOM)
    shift = len(data) - len(text)
    start, end = candidate.start - shift, candidate.end - shift
    after = text[:start] + candidate.new + text[end:]
    first = text.rfind(b"\n", 0, start) + 1
    last = _line_end(text, end)
    while _count(text, text[first:last]) != 1 and (first, last) != (0, len(text)):
        first = text.rfind(b"\n", 0, max(0, first - 1)) + 1
        last = _line_end(text, last)
    new_last = last + len(after) - len(text)
    return Block(search=text[first:last].decode(), replace=after[first:new_last].decode())


def as_change(candidate: Candidate, data: bytes) -> ChangeSet:
    """A change set of one block."""
    block = as_block(candidate, data)
    return ChangeSet(edits=(ReplaceBlocks(path=candidate.path, blocks=(block,)),))


def digest(candidate: Candidate, data: bytes) -> str:
    """The same for the same change of the same lines, however it was found."""
    block = as_block(candidate, data)
    parts = (candidate.path, block.search, block.replace)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def title(candidate: Candidate, data: bytes) -> str:
    """One line for a commit: what becomes what, and where."""
    old, new = (part.decode() for part in _words(candidate, data))
    where = f"{candidate.path}:{candidate.line}"
    if not new:
        return f"Remove {_shown(old)} in {where}"
    if not old:
        return f"Insert {_shown(new)} in {where}"
    return f"Change {_shown(old)} to {_shown(new)} in {where}"


def _words(candidate: Candidate, data: bytes) -> tuple[bytes, bytes]:
    """Before and after, with the rest of a word or operator that is only partly changed."""
    start, end = candidate.start, candidate.end
    while start > 0 and _joins(data[start - 1]) and _joins(*_edge(candidate, first=True)):
        start -= 1
    while end < len(data) and _joins(data[end]) and _joins(*_edge(candidate, first=False)):
        end += 1
    head, tail = data[start : candidate.start], data[candidate.end : end]
    if not (candidate.old or candidate.new):
        return b"", b""
    return head + candidate.old + tail, head + candidate.new + tail


def _edge(candidate: Candidate, *, first: bool) -> tuple[int, ...]:
    sides = (candidate.old, candidate.new)
    return tuple(side[0] if first else side[-1] for side in sides if side)


def _joins(*characters: int) -> bool:
    """Whether all of these are of words, or all of comparison operators."""
    letters = all(chr(c).isalnum() or c in b"_." or c > 127 for c in characters)
    return letters or all(c in b"<>=!" for c in characters)


def _shown(text: str) -> str:
    words = " ".join(text.split())
    return f"`{words if len(words) <= 60 else words[:57] + '...'}`"


def _line_end(text: bytes, position: int) -> int:
    """After the line feed at or after a position."""
    found = text.find(b"\n", position)
    return len(text) if found < 0 else found + 1


def _count(text: bytes, part: bytes) -> int:
    """Places of a part, overlapping ones too; 2 stands for more."""
    first = text.find(part)
    return 1 if first == text.rfind(part) else 2
