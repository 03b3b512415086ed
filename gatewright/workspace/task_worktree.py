"""A task's worktree: a folder under our home in which a person can look at the work.

It is registered with `git worktree add --no-checkout` (so that git works in it for a person, and
its HEAD keeps the commits from being collected), but its files are written by us, raw: no hook
and no filter runs, and a pointer of git-lfs stays one. Git is never run in the folder, nothing
in it is read again, and its `.git` file is not believed once it is made. Whoever edits files in
it may find them overwritten: the work itself is commits.
"""

import asyncio
import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gatewright.domain.errors import WorkspaceError
from gatewright.domain.finishing import finish
from gatewright.workspace.git import Git
from gatewright.workspace.leases import locked
from gatewright.workspace.on_disk import differing, remove_files, write_files
from gatewright.workspace.repository import Repository
from gatewright.workspace.sandbox.sweep import remove
from gatewright.workspace.trees import Trees

_RECORDS = ".records"
"""Beside the worktrees; no task id begins with a dot."""


class TaskWorktree:
    """The worktree of one task, whether it is there or not."""

    def __init__(self, folder: Path, task_id: str, trees: Trees) -> None:
        self.path = folder / task_id
        self._record = folder / _RECORDS / f"{task_id}.json"
        self._lock = folder / _RECORDS / f"{task_id}.lock"
        self._trees = trees

    async def ensure(self, repository: Repository, commit: str) -> None:
        """Make it from this commit unless it is there; one left half done is made anew.

        Raises: WorkspaceError.
        """
        async with locked(self._lock):
            record = await asyncio.to_thread(self._read)
            if record is None or record.common_dir != str(repository.common_dir):
                await self._rebuild(repository, commit)
            elif not record.complete or not await asyncio.to_thread(self._stands, record):
                await self._rebuild(repository, record.commit)

    async def bring(self, repository: Repository, commit: str) -> None:
        """Bring it to this commit, if it is there.

        Raises: WorkspaceError.
        """
        async with locked(self._lock):
            record = await asyncio.to_thread(self._read)
            if record is None or (record.complete and record.commit == commit):
                return
            if not record.complete or not await asyncio.to_thread(self._stands, record):
                await self._rebuild(repository, commit)
                return
            try:
                await self._update(repository, record, commit)
            except (OSError, WorkspaceError):
                # Somebody worked in it: its files are not what the record says.
                await self._rebuild(repository, commit)

    async def remove(self) -> None:
        """Remove it with git's record of it; nothing else of the repository is touched."""
        async with locked(self._lock):
            record = await asyncio.to_thread(self._read)
            common = Path(record.common_dir) if record else None
            await finish(lambda: self._clear(common))
            await finish(self._lock.unlink)

    async def _rebuild(self, repository: Repository, commit: str) -> None:
        await finish(lambda: self._clear(repository.common_dir))
        record = _Record(common_dir=str(repository.common_dir), commit=commit)
        await finish(lambda: self._write(record))
        await repository.git.run(
            "worktree", "add", "--no-checkout", "--detach", str(self.path), commit
        )
        admin = await asyncio.to_thread(self._find_admin, repository.common_dir)
        tree = await self._trees.of(repository.git, commit)
        await write_files(repository.git, tree, self.path)
        await Git(cwd=repository.git.cwd, git_dir=admin).run("read-tree", commit)
        made = replace(record, admin=str(admin), complete=True)
        await finish(lambda: self._write(made))

    async def _update(self, repository: Repository, record: "_Record", commit: str) -> None:
        old = await self._trees.of(repository.git, record.commit)
        new = await self._trees.of(repository.git, commit)
        await finish(lambda: self._write(replace(record, commit=commit, complete=False)))
        changed = differing(old, new)
        await finish(lambda: remove_files(self.path, changed & old.keys()))
        await write_files(
            repository.git, {path: new[path] for path in changed & new.keys()}, self.path
        )
        admin = Git(cwd=repository.git.cwd, git_dir=Path(record.admin))
        await admin.run("read-tree", commit)
        await admin.run("update-ref", "--no-deref", "HEAD", commit)
        await finish(lambda: self._write(replace(record, commit=commit)))

    def _stands(self, record: "_Record") -> bool:
        return self.path.is_dir() and _points_to(Path(record.admin), self.path)

    def _find_admin(self, common_dir: Path) -> Path:
        for admin in _admins(common_dir):
            if _points_to(admin, self.path):
                return admin
        raise WorkspaceError(f"git has no record of the worktree {str(self.path)!r}. Try again.")

    def _clear(self, common_dir: Path | None) -> None:
        # The record goes last: by it a later call finds what is still to be removed.
        if self.path.is_symlink():
            self.path.unlink()
        remove(self.path)
        if self.path.exists():
            raise WorkspaceError(f"{str(self.path)!r} cannot be removed. Remove it by hand.")
        if common_dir is not None:
            recorded = self._read()
            for admin in _admins(common_dir):
                if _points_to(admin, self.path) or _is_rest(admin, recorded):
                    _remove_admin(admin)
            with contextlib.suppress(OSError):
                # As git does it, when this was the last one.
                (common_dir / "worktrees").rmdir()
        self._record.unlink(missing_ok=True)

    def _read(self) -> "_Record | None":
        try:
            return _Record(**json.loads(self._record.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            # Not of this version; what it described is made anew.
            return None

    def _write(self, record: "_Record") -> None:
        new = self._record.with_suffix(".new")
        new.write_text(json.dumps(asdict(record)), encoding="utf-8")
        os.replace(new, self._record)  # noqa: PTH105 - the same


@dataclass(frozen=True, kw_only=True)
class _Record:
    """Which commit's files are in a worktree; kept outside of it."""

    common_dir: str
    commit: str
    """The one whose files it has, or, while it is not complete, is being given."""
    admin: str = ""
    """Git's own folder for it, in the repository."""
    complete: bool = False


def _admins(common_dir: Path) -> list[Path]:
    try:
        return [entry for entry in (common_dir / "worktrees").iterdir() if entry.is_dir()]
    except FileNotFoundError:
        return []


def _points_to(admin: Path, worktree: Path) -> bool:
    try:
        recorded = (admin / "gitdir").read_bytes().removesuffix(b"\n")
    except OSError:
        return False
    return recorded == os.fsencode(worktree / ".git")


def _is_rest(admin: Path, recorded: "_Record | None") -> bool:
    """Whether it is what a removal left that was killed at its very end."""
    if recorded is None or Path(recorded.admin) != admin:
        return False
    return not (admin / "gitdir").exists()


def _remove_admin(admin: Path) -> None:
    """Whose worktree it is goes last: by it a later call finds what is still to be removed."""
    for entry in admin.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != "gitdir":
            entry.unlink()
    (admin / "gitdir").unlink(missing_ok=True)
    admin.rmdir()
