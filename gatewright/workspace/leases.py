"""Scratch folders that a later process can tell from those still in use.

Every folder has a lock file beside it, locked as long as the process that made it lives; the
kernel drops the lock when that process ends, however it ends.
"""

import asyncio
import fcntl
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.finishing import finish
from gatewright.workspace.sandbox.sweep import remove

_LOCK = ".lock"
_POLL_S = 0.05


@asynccontextmanager
async def lease(scratch: Path) -> AsyncIterator[Path]:
    """A new empty folder that only this user can enter, gone at the end with all that is in it."""
    held: list[_Lease] = []
    try:
        # Into a list: when this is cancelled, the thread's result would be lost.
        await finish(lambda: held.append(_take(scratch)))
        yield held[0].folder
    finally:
        for one in held:
            await finish(one.release)


async def sweep(scratch: Path) -> None:
    """Remove the folders whose processes are gone; living ones are left alone."""
    await finish(lambda: _sweep(scratch))


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Hold this lock file against other processes and other tasks; waits without a limit.

    Who holds it may remove it: the next one then makes it anew.
    """
    held: list[int] = []
    try:
        await finish(lambda: held.extend(_try_lock(path)))
        while not held:
            await asyncio.sleep(_POLL_S)
            await finish(lambda: held.extend(_try_lock(path)))
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)


@dataclass(frozen=True, kw_only=True)
class _Lease:
    folder: Path
    lock: Path
    descriptor: int

    def release(self) -> None:
        """The lock file goes last: a folder without one would never be swept."""
        remove(self.folder)
        if not self.folder.exists():
            self.lock.unlink(missing_ok=True)
        os.close(self.descriptor)


def _take(scratch: Path) -> _Lease:
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        folder = scratch / secrets.token_hex(8)
        lock = folder.with_suffix(_LOCK)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        # Between making the file and locking it, a sweeper may take it for abandoned.
        if _locks(descriptor) and _is_at(lock, descriptor):
            folder.mkdir(mode=0o700)
            return _Lease(folder=folder, lock=lock, descriptor=descriptor)
        os.close(descriptor)


def _sweep(scratch: Path) -> None:
    for lock in scratch.glob(f"*{_LOCK}"):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        if _locks(descriptor) and _is_at(lock, descriptor):
            _Lease(folder=lock.with_suffix(""), lock=lock, descriptor=descriptor).release()
        else:
            os.close(descriptor)


def _try_lock(path: Path) -> list[int]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if _locks(descriptor) and _is_at(path, descriptor):
        return [descriptor]
    os.close(descriptor)
    return []


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
