"""How much of the disk a home takes, part by part. Every function here blocks."""

import os
import stat
from pathlib import Path

from gatewright.domain.findings import Frozen

_DATABASES = ("state.sqlite", "checkpoints.sqlite")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class PartSize(Frozen):
    """One part of a home."""

    name: str
    """A file, or a folder with all that is in it."""
    bytes: int
    """Of the disk; a file of several names counts once."""


def sizes(home: Path) -> tuple[PartSize, ...]:
    """What lies in the home, the largest first; a database with the log beside it."""
    found: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for entry in _entries(home):
        name = next((one for one in _DATABASES if entry.name.startswith(f"{one}-")), entry.name)
        found[name] = found.get(name, 0) + _used(Path(entry.path), seen)
    parts = (PartSize(name=name, bytes=size) for name, size in found.items())
    return tuple(sorted(parts, key=lambda part: (-part.bytes, part.name)))


def used(path: Path) -> int:
    """Bytes of the disk that a file or folder takes; no link is followed, 0 if it is not there."""
    return _used(path, set())


def said(size: int) -> str:
    """`1.5 GiB`."""
    power = 0
    while size >= 1024 ** (power + 1) and power < len(_UNITS) - 1:
        power += 1
    digits = 1 if power else 0
    return f"{size / 1024**power:.{digits}f} {_UNITS[power]}"


def _used(path: Path, seen: set[tuple[int, int]]) -> int:
    total = 0
    waiting = [path]
    while waiting:
        here = waiting.pop()
        try:
            found = here.lstat()
        except OSError:
            continue  # gone meanwhile, or not ours to see
        identity = (found.st_dev, found.st_ino)
        if identity in seen:
            continue
        seen.add(identity)
        total += found.st_blocks * 512
        if stat.S_ISDIR(found.st_mode):
            waiting += [Path(entry.path) for entry in _entries(here)]
    return total


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
