"""Files of a home that belong to no task: scratch of processes that died, and old baselines.

Every function here blocks.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from gatewright.upkeep.disk_use import used
from gatewright.upkeep.freed import PartName, Tally
from gatewright.workspace.sandbox.sweep import remove

_LEASED = "git"
"""Its folders have locks, by which their makers' lives are known: see `workspace.leases`."""


def old_scratch(scratch: Path, *, before: datetime) -> list[Path]:
    """What lies there untouched for longer than any command may take."""
    return [path for path in _older(scratch, before) if path.name != _LEASED]


def old_baselines(folder: Path, *, before: datetime) -> list[Path]:
    """Recorded answers, and those that were left half written."""
    return list(_older(folder, before))


def take_away(paths: list[Path], name: PartName, tally: Tally, *, dry_run: bool) -> None:
    """Remove them; what resists is noted."""
    for path in paths:
        size = used(path)
        with tally.trying(f"{str(path)!r} stays"):
            if not dry_run:
                _remove(path)
            tally.add(name, 1, size)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove(path)
        if path.exists():
            raise OSError("it cannot be removed; remove it by hand")
        return
    path.unlink(missing_ok=True)


def _older(folder: Path, before: datetime) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for path in found:
        try:
            changed = path.lstat().st_mtime
        except FileNotFoundError:
            continue
        if changed < before.timestamp():
            yield path
