"""How readers and those who write or remove files tell each other that they are there.

A reader holds a shared lock on `<folder>/.readers` for as long as it reads. The writer looks
whether anybody does, and then closes its database; who removes segments holds the lock alone.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

NAME = ".readers"


def knocking(folder: Path, deadline: float) -> AbstractContextManager[bool]:
    """Hold the readers' lock; False: it could not be had until then, or not be made here."""
    return locked(folder / NAME, fcntl.LOCK_SH, deadline=deadline)


def nobody_reading(folder: Path) -> AbstractContextManager[bool]:
    """Keep readers waiting, for some milliseconds at most; False: somebody reads."""
    return locked(folder / NAME, fcntl.LOCK_EX)


@contextlib.contextmanager
def locked(
    path: Path, kind: int, *, deadline: float = 0.0, access: int = os.O_RDONLY
) -> Iterator[bool]:
    """Hold a lock of this kind (`fcntl.LOCK_...`) on a file, which is made if need be.

    False: it could not be had until `deadline` (by `time.monotonic`), or the file not be opened,
    or there are no locks. It is blocking; without a deadline it only looks.
    """
    try:
        lock = os.open(path, access | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield False
        return
    owner = os.getpid()
    try:
        yield _take(lock, kind, deadline)
    finally:
        # Not left to `close`: a child that was forked meanwhile has the same lock, and would keep
        # it for as long as it lives. Nor may the child let go of what its parent still holds.
        if os.getpid() == owner:
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _take(lock: int, kind: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
        except OSError:  # a file system without locks
            return False
        time.sleep(0.005)
