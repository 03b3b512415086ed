"""A control group per worker, where this machine lets us make some: killed as one, by the kernel.

Processes that fork faster than they are found have no chance, and what hides everything else about
itself is found even when all helpers are dead. Version 2 only: version 1 has no `cgroup.kill`.
Standard library only: helpers import it.
"""

import contextlib
import fcntl
import os
import select
import time
from pathlib import Path
from typing import Self

_PREFIX = "gatewright-plan-"
_TYPE = "cgroup2"
_DEATH_S = 1.0
"""For what was killed to be gone, on a busy machine."""


class Group:
    """The group that this process is in, with all that it starts."""

    def __init__(self, base: Path, folder: Path, lock: int) -> None:
        self._base = base
        self._folder = folder
        self._lock = lock

    @classmethod
    def enter(cls, base: Path) -> Self | None:
        """A new group below `base`; None where that is refused."""
        folder = base / f"{_PREFIX}{os.getpid()}"
        lock = -1
        try:
            folder.mkdir()
            lock = _locked(folder)
            if (folder / "cgroup.kill").exists():
                _move(folder)
                return cls(base, folder, lock)
        except OSError:
            pass
        if lock >= 0:
            os.close(lock)
        _remove(folder)
        return None

    def kill(self) -> None:
        """Kill everybody in it but ourselves. Where that is refused, nothing happens."""
        with contextlib.suppress(OSError):
            _move(self._base)
            try:
                (self._folder / "cgroup.kill").write_text("1")
            finally:
                _move(self._folder)

    def leave(self) -> None:
        """Go back to where we were, and remove it if nobody is in it."""
        with contextlib.suppress(OSError):
            _move(self._base)
        _remove(self._folder)
        os.close(self._lock)


def usable(mounts: str, membership: str) -> Path | None:
    """The group of version 2 that this process is in, to make others in; None: there is none.

    Given what stands in `/proc/self/mountinfo` and `/proc/self/cgroup`.
    """
    ours = next((line[3:] for line in membership.splitlines() if line.startswith("0::")), None)
    if ours is None:
        return None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if after.split()[:1] != [_TYPE] or len(fields) < 5:
            continue
        root, at = Path(fields[3]), Path(fields[4])
        if ".." in Path(ours).parts or not Path(ours).is_relative_to(root):
            continue  # we are in a part of the tree that is not shown there
        folder = at / Path(ours).relative_to(root)
        if os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK):
            return folder
    return None


def find() -> Path | None:
    """`usable` as it is here and now."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace")
        membership = Path("/proc/self/cgroup").read_text(errors="replace")
    except OSError:
        return None
    return usable(mounts, membership)


def tidy(base: Path) -> None:
    """Kill what is in groups whose worker is dead, and remove them; a live one holds a lock.

    Returns when what was killed is gone, or a second later.
    """
    for folder in base.glob(f"{_PREFIX}*"):
        try:
            lock = _locked(folder)
        except OSError:
            continue
        with contextlib.suppress(OSError):
            (folder / "cgroup.kill").write_text("1")
            _wait_for_end(folder)
        _remove(folder)
        os.close(lock)


def _wait_for_end(folder: Path) -> None:
    """Until no process is in it. Raises: OSError."""
    end = time.monotonic() + _DEATH_S
    with (folder / "cgroup.events").open() as events:
        poll = select.poll()
        poll.register(events, select.POLLPRI)  # by which the kernel tells of a change
        while "populated 1" in events.read() and (left := end - time.monotonic()) > 0:
            poll.poll(left * 1000)
            events.seek(0)


def _locked(folder: Path) -> int:
    """A lock that the kernel takes back when we die. Raises: BlockingIOError: somebody's."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _move(to: Path) -> None:
    (to / "cgroup.procs").write_text("0")


def _remove(folder: Path) -> None:
    """With groups that a step has made in it; not while a process is in one."""
    for path, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(path)  # noqa: PTH106
