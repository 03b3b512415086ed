"""A patch as a change of whole lines, with a name and a digest."""

import hashlib
from collections.abc import Mapping, Sequence

from gatewright.domain.edit import Block, ChangeSet, ReplaceBlocks
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import Patch
from gatewright.repair.source import BOM

TITLE_CHARS = 100
"""A title that would be longer names its further edits by their places only."""

Files = Mapping[str, bytes]


def as_blocks(edits: Sequence[Candidate], data: bytes) -> tuple[Block, ...]:
    """The changed lines of one file, with as many lines around them as make them unique.

    Line ends as in the file; a byte order mark belongs to no line. Edits become blocks of their
    own where the blocks, found one after the other, say the same; else one block over all.
    """
    ordered = sorted(edits, key=lambda edit: edit.start)
    apart = tuple(_block([edit], data) for edit in ordered)
    text = data.removeprefix(BOM).decode()
    whole = text
    for block in apart:
        if whole.count(block.search) != 1:
            break
        whole = whole.replace(block.search, block.replace)
    if len(apart) == 1 or whole.encode() == _after(ordered, data).removeprefix(BOM):
        return apart
    return (_block(ordered, data),)


def as_change(patch: Patch, files: Files) -> ChangeSet:
    """A change set with one edit a file."""
    edits = (ReplaceBlocks(path=path, blocks=blocks) for path, blocks in _by_path(patch, files))
    return ChangeSet(edits=tuple(edits))


def digest(patch: Patch, files: Files) -> str:
    """The same for the same change of the same lines, however it was found."""
    parts: list[str] = []
    for path, blocks in _by_path(patch, files):
        for block in blocks:
            parts += [path, block.search, block.replace]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def title(patch: Patch, files: Files) -> str:
    """One line for a commit: what becomes what, and where."""
    first, *others = [_title(edit, files[edit.path]) for edit in patch.edits]
    whole = ", and ".join([first, *(other[0].lower() + other[1:] for other in others)])
    if not others or len(whole) <= TITLE_CHARS:
        return whole
    where = ", ".join(f"{edit.path}:{edit.line}" for edit in patch.edits[1:])
    return f"{first}, and what goes with it in {where}"


def _by_path(patch: Patch, files: Files) -> list[tuple[str, tuple[Block, ...]]]:
    by_path = {path: [edit for edit in patch.edits if edit.path == path] for path in patch.paths}
    return [(path, as_blocks(edits, files[path])) for path, edits in sorted(by_path.items())]


def _block(edits: Sequence[Candidate], data: bytes) -> Block:
    """One block over edits in the order of the text."""
    text = data.removeprefix(BOM)
    shift = len(data) - len(text)
    start, end = edits[0].start - shift, edits[-1].end - shift
    after = _after(edits, data).removeprefix(BOM)
    first = text.rfind(b"\n", 0, start) + 1
    last = _line_end(text, end)
    while _count(text, text[first:last]) != 1 and (first, last) != (0, len(text)):
        first = text.rfind(b"\n", 0, max(0, first - 1)) + 1
        last = _line_end(text, last)
    new_last = last + len(after) - len(text)
    return Block(search=text[first:last].decode(), replace=after[first:new_last].decode())


def _after(edits: Sequence[Candidate], data: bytes) -> bytes:
    for edit in reversed(edits):
        data = edit.applied(data)
    return data


def _title(candidate: Candidate, data: bytes) -> str:
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
    """Whether all of these are of words, or all of operators of two characters."""
    letters = all(chr(c).isalnum() or c in b"_." or c > 127 for c in characters)
    return letters or all(c in b"<>=!*/" for c in characters)


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
