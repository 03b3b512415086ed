"""A disposable copy of a checkout as it is now, and a change written into the checkout.

For work on what is not committed: the copy has the tracked files and the untracked ones that are
not ignored, as they are on disk.
"""

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from gatewright.domain.edit import ChangeSet
from gatewright.domain.errors import WorkspaceError
from gatewright.workspace.edits.apply import edit
from gatewright.workspace.edits.draft import Blob
from gatewright.workspace.git import Git
from gatewright.workspace.repository import Repository, find_repository


@asynccontextmanager
async def copy_of_checkout(top: Path) -> AsyncIterator[Path]:
    """A folder with the checkout's files, without `.git`; gone at the end.

    Links are copied as links. Raises: InputError for what is no checkout; WorkspaceError.
    """
    made = await asyncio.to_thread(
        tempfile.TemporaryDirectory, prefix="gatewright-copy-", ignore_cleanup_errors=True
    )
    try:
        folder = await asyncio.to_thread(Path(made.name).resolve)
        empty, copy = folder / "empty", folder / top.name
        await asyncio.to_thread(empty.mkdir)
        await asyncio.to_thread(copy.mkdir)
        repository = await find_repository(top, cwd=empty)
        paths = await _paths(repository)
        await asyncio.to_thread(_copy, repository.top, copy, paths)
        yield copy
    finally:
        await asyncio.to_thread(made.cleanup)


def edited(top: Path, changes: ChangeSet) -> dict[str, tuple[bytes, bytes]]:
    """What each file of a checkout would become: before and after. Blocks; nothing is written.

    Raises: EditRefused where an edit does not fit what is there now.
    """
    paths = sorted({change.path for change in changes.edits})
    before = {path: blob for path in paths if (blob := _read(top, path)) is not None}
    after = edit(changes, before.get, list(before)).files
    return {
        path: (before[path].data if path in before else b"", blob.data if blob else b"")
        for path, blob in after.items()
    }


def write_edited(top: Path, files: Mapping[str, tuple[bytes, bytes]]) -> None:
    """Write what `edited` said, each file whole or not at all. Blocks.

    Raises: WorkspaceError where a file is not any more as it was, or cannot be written.
    """
    for path, (before, _) in files.items():
        found = _read(top, path)
        if found is None or found.data != before:
            raise WorkspaceError(f"{path!r} was changed meanwhile; nothing more was written")
    for path, (_, after) in files.items():
        try:
            _replace(top / path, after)
        except OSError as error:
            raise WorkspaceError(f"{path!r} cannot be written: {error}") from error


def _replace(target: Path, data: bytes) -> None:
    """A new file in the place of an old one, with its mode."""
    # Under a name that nobody knew: a repository could hold a link under any other.
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".gatewright-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        shutil.copymode(target, name)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


async def _paths(repository: Repository) -> list[str]:
    git = Git(cwd=repository.git.cwd, git_dir=repository.git_dir, work_tree=repository.top)
    listed = await git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    return list(dict.fromkeys(names))


def _copy(top: Path, copy: Path, paths: list[str]) -> None:
    environments = {
        f"{path.removesuffix('pyvenv.cfg')}" for path in paths if path.endswith("/pyvenv.cfg")
    }
    for path in paths:
        source, target = top / path, copy / path
        if _through_link(top, path) or path.startswith(tuple(environments)):
            continue
        try:
            mode = source.lstat().st_mode
        except FileNotFoundError:
            continue  # deleted, and not yet committed
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _read(top: Path, path: str) -> Blob | None:
    """A regular file, never one behind a link."""
    if _through_link(top, path):
        return None
    try:
        mode = (top / path).lstat().st_mode
        if not stat.S_ISREG(mode):
            return None
        data = (top / path).read_bytes()
    except FileNotFoundError:
        return None
    return Blob(data=data, kind="executable" if mode & stat.S_IXUSR else "file")


def _through_link(top: Path, path: str) -> bool:
    folder = top
    for part in Path(path).parts[:-1]:
        folder /= part
        if folder.is_symlink():
            return True
    return False
