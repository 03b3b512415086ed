"""Write the files of a commit into a folder, raw, without ever following a link.

Paths are opened one folder at a time below the given one, so that a link, whether it came with
the commit or was put there, leads nowhere. Links are made last and as links.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gatewright.domain.errors import WorkspaceError
from gatewright.workspace.git import Git
from gatewright.workspace.trees import (
    EXECUTABLE,
    LINK,
    SUBMODULE,
    Content,
    Entry,
    Tree,
    with_contents,
)

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_CHUNK = 1 << 20


async def write_files(git: Git, entries: Mapping[str, Entry], root: Path) -> None:
    """Write these paths below `root`, none of which may be there; submodules are empty folders.

    Nothing is converted: line ends, filters and substitutions are as in the commit.
    Raises: WorkspaceError when a path is taken or goes through a link, or the disk refuses.
    """
    contents = {path: entry for path, entry in entries.items() if entry.mode != SUBMODULE}
    # Links last: whatever is written before them cannot go through one of them.
    paths = sorted(contents, key=lambda path: (contents[path].mode == LINK, path))
    empty = [path for path, entry in entries.items() if entry.mode == SUBMODULE]

    def write(blobs: Iterator[Content]) -> None:
        with _Folders(root) as folders:
            try:
                for path, blob in zip(paths, blobs, strict=True):
                    _write(folders, path, contents[path].mode, blob)
                for path in empty:
                    folders.open(path)
            except OSError as error:
                raise WorkspaceError(
                    f"{path!r} of the commit cannot be written: {error}"
                ) from error

    await with_contents(git, (contents[path].oid for path in paths), write)


def remove_files(root: Path, paths: Iterable[str]) -> None:
    """Remove these paths below `root`, and the folders that are then empty. Blocks.

    What is not there any more is no error.
    Raises: OSError, for one when a folder stands where a file was.
    """
    with _Folders(root) as folders:
        for path in sorted(paths, reverse=True):
            folder, _, name = path.rpartition("/")
            with contextlib.suppress(FileNotFoundError):
                _unlink(name, folders.open(folder, make=False))
                _prune(folders, folder)


def differing(old: Tree, new: Tree) -> set[str]:
    """Paths that are not the same in both."""
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


class _Folders:
    """Descriptors of folders below one; the last one stays open, for its next file."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, _FOLDER)
        self._path = ""
        self._last: int | None = None

    def __enter__(self) -> "_Folders":
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()
        os.close(self._root)

    def open(self, path: str, *, make: bool = True) -> int:
        """The folder's descriptor, good until the next call."""
        if not path:
            return self._root
        if self._last is None or path != self._path:
            self._forget()
            self._last = self._walk(path, make=make)
            self._path = path
        return self._last

    def _walk(self, path: str, *, make: bool) -> int:
        here = os.dup(self._root)
        for name in path.split("/"):
            above = here
            try:
                here = _enter(_raw(name), above, make=make)
            finally:
                os.close(above)
        return here

    def _forget(self) -> None:
        if self._last is not None:
            os.close(self._last)
            self._last = None


def _enter(name: bytes, above: int, *, make: bool) -> int:
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=above)
    return os.open(name, _FOLDER, dir_fd=above)


def _write(folders: _Folders, path: str, mode: str, blob: Content) -> None:
    folder, _, name = path.rpartition("/")
    above = folders.open(folder)
    if mode == LINK:
        os.symlink(blob.read(), _raw(name), dir_fd=above)
        return
    permissions = 0o777 if mode == EXECUTABLE else 0o666
    with os.fdopen(os.open(_raw(name), _NEW_FILE, permissions, dir_fd=above), "wb", 0) as file:
        while blob.left:
            data = memoryview(blob.read(_CHUNK))
            while data:
                data = data[file.write(data) :]


def _unlink(name: str, above: int) -> None:
    try:
        os.unlink(_raw(name), dir_fd=above)
    except IsADirectoryError:
        # Of a submodule; anybody's files in it stay, and then this is an error.
        os.rmdir(_raw(name), dir_fd=above)


def _prune(folders: _Folders, folder: str) -> None:
    while folder:
        above, _, name = folder.rpartition("/")
        try:
            os.rmdir(_raw(name), dir_fd=folders.open(above, make=False))
        except OSError:
            return
        folder = above


def _raw(name: str) -> bytes:
    return name.encode("utf-8", errors="surrogateescape")
