"""Control groups, where this process may make some: a group per command, gone afterwards.

They bind where resource limits do not: the kernel never counts root's processes against
RLIMIT_NPROC, and RLIMIT_AS knows one process at a time. Version 1 hierarchies and version 2 are
both served; of version 2, only a group whose `cgroup.subtree_control` passes the controllers on.
"""

import contextlib
import itertools
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.command import Limits

_PREFIX = "gatewright-"
_OWN = re.compile(rf"{_PREFIX}(\d+)-\d+")
OWN_PROCESSES = 2
"""The sandbox's own processes inside the group: its init and the shell that starts the program."""

_REMOVAL_TRIES = 50
_KILL_ROUNDS = 100
_REMOVAL_PAUSE_S = 0.01
_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Controller:
    """One controller and the group of ours under which groups can be made."""

    name: str
    """`pids` or `memory`."""
    base: Path
    version: int


class Cage:
    """The groups of one command."""

    def __init__(self, controllers: Sequence[Controller], limits: Limits) -> None:
        name = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        self._groups: list[Path] = []
        self._peak: Path | None = None
        try:
            for controller in controllers:
                self._make(controller, controller.base / name, limits)
        except OSError:
            self.close()
            raise

    def _make(self, controller: Controller, group: Path, limits: Limits) -> None:
        if group not in self._groups:
            group.mkdir()
            self._groups.append(group)
        if controller.name == "pids":
            (group / "pids.max").write_text(str(limits.processes + OWN_PROCESSES))
            return
        old = controller.version == 1
        (group / ("memory.limit_in_bytes" if old else "memory.max")).write_text(
            str(limits.memory_bytes)
        )
        self._peak = group / ("memory.max_usage_in_bytes" if old else "memory.peak")

    def add(self, pid: int) -> None:
        """Put a process, and all that it will start, under the limits."""
        for group in self._groups:
            (group / "cgroup.procs").write_text(str(pid))

    def peak_bytes(self) -> int | None:
        """The most memory that all processes used together, file cache included."""
        if self._peak is None:
            return None
        try:
            return int(self._peak.read_text())
        except (OSError, ValueError):
            return None

    def members(self) -> set[int]:
        """Processes that are alive in the groups."""
        found: set[int] = set()
        for group in self._groups:
            with contextlib.suppress(OSError):
                found.update(int(pid) for pid in (group / "cgroup.procs").read_text().split())
        return found

    def kill(self) -> None:
        """End every process in the groups; returns when none is left, or after a second."""
        for _ in range(_KILL_ROUNDS):
            alive = self.members()
            if not alive:
                return
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_REMOVAL_PAUSE_S)

    def close(self) -> None:
        """Remove the groups; one whose processes linger is left to the next start's `tidy`."""
        for group in self._groups:
            for _ in range(_REMOVAL_TRIES):
                try:
                    group.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    # The last process has ended, but the kernel may still be detaching it.
                    time.sleep(_REMOVAL_PAUSE_S)
        self._groups = []


def usable_controllers(root: Path = Path("/")) -> tuple[Controller, ...]:
    """What this process can limit by groups: none, some or all of `pids` and `memory`.

    Blocks on the file system; makes and removes one group of each to be sure.
    """
    found = []
    for name in ("pids", "memory"):
        for candidate in _candidates(name, root):
            if _works(candidate):
                found.append(candidate)
                break
    return tuple(found)


def tidy(controllers: Sequence[Controller]) -> None:
    """Remove groups that a killed process of ours left behind."""
    for controller in controllers:
        for group in controller.base.glob(f"{_PREFIX}*"):
            match = _OWN.fullmatch(group.name)
            if match and not Path("/proc", match[1]).exists():
                with contextlib.suppress(OSError):
                    group.rmdir()


def _candidates(name: str, root: Path) -> Iterator[Controller]:
    try:
        mounts = _mounts((root / "proc/self/mountinfo").read_text(errors="replace"))
        own = _memberships((root / "proc/self/cgroup").read_text(errors="replace"))
    except OSError:
        return
    for mount in mounts:
        point = root / mount.point.lstrip("/")
        if mount.fstype == "cgroup" and name in mount.options:
            path = _below(point, own.get(name, "/"), mount.root)
            yield Controller(name=name, base=path, version=1)
            yield Controller(name=name, base=point, version=1)
        if mount.fstype == "cgroup2":
            path = _below(point, own.get("", "/"), mount.root)
            bases = (path,) if path == point else (path, path.parent)
            yield from (Controller(name=name, base=base, version=2) for base in bases)


def _works(controller: Controller) -> bool:
    base = controller.base
    try:
        if controller.version == 2:
            passed_on = (base / "cgroup.subtree_control").read_text().split()
            if controller.name not in passed_on:
                return False
        if not os.access(base, os.W_OK) or not os.access(base / "cgroup.procs", os.W_OK):
            return False
        Cage([controller], Limits()).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class _Mount:
    root: str
    point: str
    fstype: str
    options: tuple[str, ...]


def _mounts(mountinfo: str) -> list[_Mount]:
    """Of proc(5): `id parent major:minor root point options ... - fstype source options`."""
    found = []
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        before, after = left.split(), right.split()
        if len(before) < 5 or len(after) < 3:
            continue
        found.append(
            _Mount(
                root=before[3],
                point=before[4],
                fstype=after[0],
                options=tuple(after[2].split(",")),
            )
        )
    return found


def _memberships(text: str) -> dict[str, str]:
    """Of cgroups(7), `id:controllers:path`; version 2 has no controllers: the key is empty."""
    paths = {}
    for line in text.splitlines():
        _, _, membership = line.partition(":")
        controllers, _, path = membership.partition(":")
        for name in controllers.split(","):
            paths[name] = path
    return paths


def _below(point: Path, path: str, mount_root: str) -> Path:
    relative = path.removeprefix(mount_root.rstrip("/")).lstrip("/")
    return point / relative
