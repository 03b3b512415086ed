"""How readers and those who write or remove files tell each other that they are there.

A reader holds a shared lock on `<folder>/.readers` for as long as it reads. The writer looks
whether anybody does, and then closes its database; who removes segments holds the lock alone.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

NAME = ".readers"


@contextlib.contextmanager
def knocking(folder: Path, deadline: float) -> Iterator[bool]:
    """Hold the readers' lock; False: it could not be had until then, or not be made here."""
    lock = _open(folder)
    if lock is None:
        yield False
        return
    try:
        yield _take(lock, fcntl.LOCK_SH, deadline)
    finally:
        os.close(lock)


@contextlib.contextmanager
def nobody_reading(folder: Path) -> Iterator[bool]:
    """Keep readers waiting, for some milliseconds at most; False: somebody reads."""
    lock = _open(folder)
    if lock is None:
        yield False
        return
    try:
        yield _take(lock, fcntl.LOCK_EX, 0.0)
    finally:
        os.close(lock)


def _open(folder: Path) -> int | None:
    try:
        return os.open(folder / NAME, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None


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
