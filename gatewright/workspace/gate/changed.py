"""What a change did to each file, as the lines that are new in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from gatewright.workspace.gate.guard import content, tree

_MOST_COMPARED = 2_000_000
"""Lines before times lines after, ends in common left out; beyond, all of them count as new."""


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One file that is not on both sides the same."""

    path: str
    before: bytes | None
    """None: the base has no such file."""
    after: bytes | None
    """None: it was deleted."""
    added: frozenset[int]
    """1-based lines of `after` that are new or changed."""
    deleted: int
    """How many lines of `before` are gone or changed."""

    @property
    def text(self) -> str:
        """The new content; bytes that are no UTF-8 are replaced, and a deleted file is empty."""
        return (self.after or b"").decode("utf-8-sig", "replace")


def changed_files(base: Path, after: Path) -> tuple[FileChange, ...]:
    """Every file that differs between two directories, by path. Blocks on the file system."""
    found = []
    for path in sorted({*tree(base), *tree(after)}):
        before, now = content(base / path), content(after / path)
        if before != now:
            found.append(compared(path, before, now))
    return tuple(found)


def compared(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    """One file's change. Pure."""
    old, new = (before or b"").splitlines(), (after or b"").splitlines()
    added: set[int] = set()
    deleted = 0
    for first, last, start, end in _differences(old, new):
        deleted += last - first
        added.update(range(start + 1, end + 1))
    return FileChange(
        path=path, before=before, after=after, added=frozenset(added), deleted=deleted
    )


def _differences(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int, int, int]]:
    """Places (0-based, end not included) of old lines that are gone and of new ones instead."""
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) * len(right) > _MOST_COMPARED:
        return [(head, head + len(left), head, head + len(right))]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return [
        (head + first, head + last, head + start, head + end)
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal"
    ]


def _same(left: Sequence[bytes], right: Sequence[bytes]) -> int:
    pairs = zip(left, right, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
