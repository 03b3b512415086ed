"""How much memory this process may still fill: the machine's, and that of its control groups.

A container is limited by its groups, and what it writes into a file system in memory counts there,
while `/proc/meminfo` speaks of the whole machine.
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple


class _Version(NamedTuple):
    """Names of version 2 and of version 1 of control groups."""

    mount: str
    controller: str
    most: str
    used: str
    file_cache: str


_VERSIONS = (
    _Version("sys/fs/cgroup", "", "memory.max", "memory.current", "inactive_file"),
    _Version(
        "sys/fs/cgroup/memory",
        "memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def available_bytes(root: Path = Path("/")) -> int:
    """What can be filled without swapping; 0 where the kernel does not say. Blocks.

    Sources: proc(5) on MemAvailable, the kernel's cgroup-v1/memory.rst and cgroup-v2.rst.
    """
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    said = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return max(0, min([*said, *_left_in_groups(root)])) if said else 0


def is_in_memory(folder: Path, root: Path = Path("/")) -> bool:
    """Whether a folder lies on a tmpfs. Blocks."""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = (root / "proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return False
    for line in lines:
        # `id parent major:minor root point options ... - fstype source options`, see proc(5)
        before, _, after = line.partition(" - ")
        if before.split()[2:3] == [wanted]:
            return after.split()[:1] == ["tmpfs"]
    return False


def _left_in_groups(root: Path) -> Iterator[int]:
    """Of the own group and of each above it that has a limit."""
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for version in _VERSIONS:
        mount = root / version.mount
        for line in memberships:
            _, controllers, path = line.split(":", 2)
            if version.controller in controllers.split(","):
                yield from _left(mount, PurePosixPath(path.lstrip("/")), version)


def _left(mount: Path, path: PurePosixPath, version: _Version) -> Iterator[int]:
    # A container may see the name of its group outside; its limit is then at the mount's top.
    for group in dict.fromkeys((mount / path, *(mount / above for above in path.parents))):
        try:
            most = (group / version.most).read_text().strip()
            used = int((group / version.used).read_text())
            stat = (group / "memory.stat").read_text().split()
        except (OSError, ValueError):
            continue
        if most.isdecimal():
            figures = dict(zip(stat[::2], stat[1::2], strict=False))
            yield int(most) - used + int(figures.get(version.file_cache, 0))
