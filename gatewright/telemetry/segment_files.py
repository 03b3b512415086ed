"""Where Parquet segments lie, and what their names say.

`segments/table=<table>/dt=<day>/<origin>-<first>-<end>.parquet` holds the rows `first` to `end`
(exclusive) of one table of one database. Databases are append-only, so their row numbers are dense
and never change: the names alone say what is published, whatever crashed in between. A segment
whose range lies within another's is a piece that was merged, and is not read any more.
"""

import contextlib
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

FOLDER = "segments"
_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\d{1,18})-(\d{1,18})\.parquet")
_TABLE = re.compile(r"table=(\w+)")
_DAY = re.compile(r"dt=(\d{4}-\d\d-\d\d)")
_UNFINISHED_S = 86_400.0
_TEMPORARY = re.compile(r"\.(\d+)@([^@]*)@.*\.tmp")


class Segment(NamedTuple):
    """Rows `first` to `end` (exclusive) of a table of the database `origin`."""

    path: Path
    table: str
    day: date
    """UTC, of the publication; no row is younger."""
    origin: UUID
    first: int
    end: int


class Found(NamedTuple):
    """What lies in a folder of segments."""

    segments: list[Segment]
    strange: list[Path]
    """Files whose place or name says nothing to us; hidden ones are passed over."""


def find(folder: Path) -> Found:
    """All segments below a telemetry folder, those included that are merged into others."""
    found = Found([], [])
    for path in _files(folder / FOLDER):
        segment = _parse(path)
        if segment is None:
            found.strange.append(path)
        else:
            found.segments.append(segment)
    return found


def place(folder: Path, table: str, day: date, origin: UUID, *, first: int, end: int) -> Path:
    """Where a segment belongs."""
    name = f"{origin}-{first}-{end}.parquet"
    return folder / FOLDER / f"table={table}" / f"dt={day.isoformat()}" / name


def temporary(path: Path) -> Path:
    """A hidden name beside it, that says who writes."""
    return path.with_name(f".{os.getpid()}@{socket.gethostname()}@{path.name}.tmp")


def leftovers(folder: Path) -> Iterator[Path]:
    """Temporary names whose process is dead, and those of yesterday.

    Of another machine's processes nobody here can tell, and in a container that was started again
    the next one has the same number.
    """
    here, now = socket.gethostname(), time.time()
    for path in _files(folder / FOLDER, hidden=True):
        match = _TEMPORARY.fullmatch(path.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):
            if (match[2] == here and not _alive(int(match[1]))) or (
                now - path.stat().st_mtime > _UNFINISHED_S
            ):
                yield path


def needless(segments: Iterable[Segment]) -> list[Segment]:
    """Those whose rows all stand in another one of them."""
    found: list[Segment] = []
    last: Segment | None = None
    # A longer one comes before the pieces that begin with it or within it.
    for one in sorted(segments, key=lambda s: (s.table, s.origin, s.first, -s.end, s.path)):
        if last and (one.table, one.origin) == (last.table, last.origin) and one.end <= last.end:
            found.append(one)
        else:
            last = one
    return found


def gaps(ranges: Iterable[tuple[int, int]], end: int) -> list[tuple[int, int]]:
    """What of 0 to `end` (exclusive) lies in none of the ranges."""
    missing, reached = [], 0
    for first, last in sorted(ranges):
        if first >= end:
            break
        if first > reached:
            missing.append((reached, first))
        reached = max(reached, last)
    if reached < end:
        missing.append((reached, end))
    return missing


def _parse(path: Path) -> Segment | None:
    name = _NAME.fullmatch(path.name)
    day = _DAY.fullmatch(path.parent.name)
    table = _TABLE.fullmatch(path.parent.parent.name)
    if not (name and day and table):
        return None
    first, end = int(name[2]), int(name[3])
    with contextlib.suppress(ValueError):
        if first < end:
            origin, at = UUID(name[1]), date.fromisoformat(day[1])
            return Segment(path, table[1], at, origin, first, end)
    return None


def _files(folder: Path, *, hidden: bool = False) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") is hidden:
                yield Path(at, name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
