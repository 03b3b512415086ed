"""Compute what a change set makes of a commit's files, reading only the files that it names."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal

from gatewright.domain.edit import ChangeSet, FileEdit, RenameFile
from gatewright.domain.errors import EditRefused
from gatewright.workspace.commits import NewFile
from gatewright.workspace.edits.apply import Blob, Edited, edit
from gatewright.workspace.git import Git
from gatewright.workspace.trees import EXECUTABLE, FILE, LINK, SUBMODULE, Tree, read_contents

_MODES = {"file": FILE, "executable": EXECUTABLE, "link": LINK}


async def edited_files(git: Git, tree: Tree, changes: ChangeSet) -> Edited:
    """What the edits make of this commit; nothing is written.

    Raises: EditRefused (EditMismatch, UnsafePath).
    """
    known: dict[str, Blob] = {}
    wanted = {path for one in changes.edits for path in _named(one)}
    while True:
        known |= await _blobs(git, tree, wanted)
        try:
            return await asyncio.to_thread(edit, changes, _reader(tree, known), tree.keys())
        except _NotLoadedError as missing:
            wanted = {missing.path}


def new_files(edited: Edited) -> dict[str, NewFile | None]:
    """As they go into a commit."""
    return {path: _new_file(path, blob) for path, blob in edited.files.items()}


class _NotLoadedError(Exception):
    """A path is read that no edit names, such as a link above one."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


def _named(one: FileEdit) -> list[str]:
    return [one.path, one.to] if isinstance(one, RenameFile) else [one.path]


def _reader(tree: Tree, known: dict[str, Blob]) -> Callable[[str], Blob | None]:
    def read(path: str) -> Blob | None:
        if path not in tree:
            return None
        if path not in known:
            raise _NotLoadedError(path)
        return known[path]

    return read


async def _blobs(git: Git, tree: Tree, paths: Iterable[str]) -> dict[str, Blob]:
    entries = {path: tree[path] for path in paths if path in tree}
    contents = await read_contents(git, (e.oid for e in entries.values() if e.mode != SUBMODULE))
    return {
        path: Blob(data=entry.oid.encode(), kind="submodule")
        if entry.mode == SUBMODULE
        else Blob(data=contents[entry.oid], kind=_kind(entry.mode))
        for path, entry in entries.items()
    }


def _kind(mode: str) -> Literal["file", "executable", "link"]:
    if mode == LINK:
        return "link"
    return "executable" if mode == EXECUTABLE else "file"


def _new_file(path: str, blob: Blob | None) -> NewFile | None:
    if blob is None:
        return None
    if blob.kind not in _MODES:
        raise EditRefused(path, f"it would be a {blob.kind}; only files can be written")
    return NewFile(data=blob.data, mode=_MODES[blob.kind])
