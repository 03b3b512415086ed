"""How long files are kept: databases are rotated into segments, segments removed in the end.

For the writer:

    if retention.rotate(connection, path, folder):    # right after opening (and migrating) a file,
        connection = open again                       # and after each publish: rows are in segments
    retention.sweep(folder, retention_days=...)       # once at the first opening, then once a day

`rotate` closes the connection and removes the file if (and only if) it returns True; the caller
owns the file's slot. When it raises, no row is lost or doubled: count the error and go on with the
file (its connection is closed only where the file was published and resisted being removed).
"""

import contextlib
import fcntl
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gatewright.telemetry.files import CONFIG, IN_PROCESS
from gatewright.telemetry.knocking import locked, nobody_reading
from gatewright.telemetry.segment_files import find, leftovers
from gatewright.telemetry.segments import (
    is_set_back,
    origin_of,
    publish_whole,
    remove_needless,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_AGE = timedelta(days=1)
MAX_BYTES = 256 * 1024 * 1024


class Swept(NamedTuple):
    """How many files were removed."""

    rotated: int
    """Databases of processes that are gone; their rows are in segments."""
    expired: int
    """Segments, and databases that were put aside as broken, beyond `retention_days`."""
    merged: int
    """Segments whose rows stand in a larger one."""
    leftovers: int
    """Segments that a process which died had not finished."""


def rotate(
    connection: "DuckDBPyConnection",
    path: Path,
    folder: Path,
    *,
    max_age: timedelta = MAX_AGE,
    max_bytes: int = MAX_BYTES,
) -> bool:
    """Whether the database was old or large and is now in segments, closed and removed.

    Raises: OSError, duckdb.Error when it could not be published or removed; it stays as it is.
    """
    origin = origin_of(connection)
    if not (
        path.stat().st_size > max_bytes
        or _is_older(connection, max_age)
        or is_set_back(connection, folder, origin)
    ):
        return False
    publish_whole(connection, folder, origin)
    connection.close()
    # The log first: beside a new database of the same name it would be taken for that one's.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    path.unlink()
    remove_needless(folder, origin)
    return True


def sweep(folder: Path, *, retention_days: int) -> Swept:
    """Remove what nobody needs any more; what resists is left for the next time.

    Databases that no process has written for a day are rotated, whoever made them.
    """
    rotated = 0
    for path in sorted(folder.glob("*.duckdb")):
        with contextlib.suppress(OSError):
            rotated += _adopt(path, folder)
    unfinished = sum(_removed(path) for path in list(leftovers(folder)))
    oldest = datetime.now(UTC) - timedelta(days=retention_days)
    expired = 0
    with nobody_reading(folder) as alone:
        if alone:
            old = [one.path for one in find(folder).segments if one.day < oldest.date()]
            aside = [path for path in folder.glob("*.corrupt-*") if _written(path) < oldest]
            expired = sum(_removed(path) for path in [*old, *aside])
            for day in {path.parent for path in old}:
                with contextlib.suppress(OSError):  # not empty
                    day.rmdir()
    with contextlib.suppress(OSError):
        return Swept(rotated, expired, remove_needless(folder), unfinished)
    return Swept(rotated, expired, 0, unfinished)


def _is_older(connection: "DuckDBPyConnection", age: timedelta) -> bool:
    known = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database()"
        " AND schema_name = 'main' AND table_name = 'schema_version'"
    ).fetchall()
    if not known:
        return False
    begun = connection.execute("SELECT min(applied_at) FROM schema_version").fetchall()[0][0]
    return begun is not None and datetime.now(UTC).replace(tzinfo=None) - begun > age


def _adopt(path: Path, folder: Path) -> bool:
    """Rotate a database that has no process."""
    if datetime.now(UTC) - _written(path) < MAX_AGE:
        return False
    import duckdb  # noqa: PLC0415  0.2 s, in the writer's thread

    # The right to write the file, as `files.take_slot` gives it.
    slot = path.with_name(f".{path.stem}.lock")
    with locked(slot, fcntl.LOCK_EX, access=os.O_RDWR) as owned:
        if not owned:
            return False
        with IN_PROCESS, contextlib.suppress(duckdb.Error):
            connection = duckdb.connect(path, config=CONFIG)
            with contextlib.closing(connection):
                return rotate(connection, path, folder)
    return False


def _written(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.fromtimestamp(time.time(), UTC)


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
