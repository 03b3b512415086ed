"""A change to a repository as a set of edits, in whatever form it was written."""

from typing import Annotated, Literal

from pydantic import Field

from gatewright.domain.findings import Finding, Frozen

EditFormat = Literal["whole", "search_replace", "udiff"]


class WriteFile(Frozen):
    """The whole new text of a file, which may be new."""

    op: Literal["write"] = "write"
    path: str
    content: str


class Block(Frozen):
    """A run of lines and what takes its place; `search` is empty only for a new file."""

    search: str
    replace: str


class ReplaceBlocks(Frozen):
    """Blocks of one file, applied in order."""

    op: Literal["replace"] = "replace"
    path: str
    blocks: tuple[Block, ...]


class DeleteFile(Frozen):
    """A file that goes away."""

    op: Literal["delete"] = "delete"
    path: str


class RenameFile(Frozen):
    """A file that moves, its text unchanged (a later edit may change it)."""

    op: Literal["rename"] = "rename"
    path: str
    to: str


FileEdit = Annotated[WriteFile | ReplaceBlocks | DeleteFile | RenameFile, Field(discriminator="op")]


class ChangeSet(Frozen):
    """Edits that are applied all together or not at all.

    A unified diff is read into `ReplaceBlocks` (a block a hunk: models get line numbers wrong,
    the text of the context decides), `WriteFile`, `DeleteFile` and `RenameFile`.
    """

    edits: tuple[FileEdit, ...]


class Conflict(Frozen):
    """A file that two changes of the same commit cannot both have changed."""

    path: str
    why: str
    """For people and models; with the lines themselves, where they are text."""


class Applied(Frozen):
    """What came of a change set: a commit."""

    commit: str
    tree: str
    files: tuple[str, ...]
    """Paths that differ from the parent commit."""
    lines_added: int
    lines_deleted: int
    unchanged: bool = False
    """True when every edit was in place already; the commit is then the parent itself."""
    notes: tuple[Finding, ...] = ()
    """How text was matched when not exactly."""


class Merged(Frozen):
    """What came of merging a change: a commit, or the files that stand against it."""

    applied: Applied | None
    conflicts: tuple[Conflict, ...] = ()
