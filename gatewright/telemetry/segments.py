"""Parquet segments: what a database holds, for readers that cannot or need not open it.

For the writer (all with its open connection, in its thread, outside a transaction):

    origin = segments.origin_of(connection)           # once for each opened file; after migrating
    segments.publish(connection, folder, origin)      # 60 s or 50,000 rows after the last one
    segments.publish(connection, folder, origin, final=True)   # when the process ends
    retention.rotate(connection, path, folder)        # before rows are appended; see there

A segment is written under a temporary name and then renamed; its name says which rows it holds, so
nothing is published twice and a crash between any two steps loses nothing. What `publish` could
not write is written by the next one.
"""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from gatewright.domain.errors import InputError
from gatewright.telemetry.knocking import nobody_reading
from gatewright.telemetry.parquet import copy_to
from gatewright.telemetry.segment_files import Segment, find, gaps, needless, place
from gatewright.telemetry.sql import tables as all_tables
from gatewright.telemetry.sql import views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EVERY_S = 60.0
EVERY_ROWS = 50_000
MOST_PIECES = 32
"""Of one table of one database; then they are merged into one."""


def origin_of(connection: "DuckDBPyConnection") -> UUID:
    """The name of this database for ever, kept in its table `origin`; made where it has none."""
    connection.execute("CREATE TABLE IF NOT EXISTS origin (id uuid)").fetchall()
    known = connection.execute("SELECT id FROM origin").fetchall()
    if known:
        return UUID(str(known[0][0]))
    made = uuid4()
    connection.execute("INSERT INTO origin VALUES (?)", [made]).fetchall()
    # Right after DDL, as everywhere; and a name that was used must not be forgotten.
    connection.execute("CHECKPOINT").fetchall()
    return made


def publish(
    connection: "DuckDBPyConnection", folder: Path, origin: UUID, *, final: bool = False
) -> int:
    """Write the rows that are in no segment yet; how many they were.

    `final`: nobody may come after us; the segments are forced to the disk.
    Raises: OSError, duckdb.Error when some could not be written: try again later.
    """
    connection.execute("CHECKPOINT").fetchall()  # what is published must never vanish from here
    today, rows = datetime.now(UTC).date(), 0
    pieces = _published(folder, origin)
    crowded = False
    for table, count in counts(connection).items():
        ranges = [(piece.first, piece.end) for piece in pieces.get(table, [])]
        for first, end in gaps(ranges, count):
            path = place(folder, table, today, origin, first=first, end=end)
            _write(connection, path, table, first=first, end=end, durable=final)
            rows += end - first
            ranges.append((first, end))
        if len(ranges) > MOST_PIECES and max(end for _, end in ranges) == count:
            merged = place(folder, table, today, origin, first=0, end=count)
            _write(connection, merged, table, first=0, end=count, durable=True)
            crowded = True
    if crowded:
        remove_needless(folder, origin)
    return rows


def publish_whole(connection: "DuckDBPyConnection", folder: Path, origin: UUID) -> int:
    """Write every table into one durable segment of its own, in place of its pieces.

    Raises: OSError, duckdb.Error when not all of it could be written.
    """
    connection.execute("CHECKPOINT").fetchall()
    pieces, rows = _published(folder, origin), 0
    for table, count in counts(connection).items():
        ranges = [(piece.first, piece.end) for piece in pieces.get(table, [])]
        # A database that was set back has lost rows that only its segments hold.
        set_back = any(end > count for _, end in ranges)
        todo = gaps(ranges, count) if set_back else [(0, count)] if count else []
        for first, end in todo:
            day = _newest(connection, table)
            path = place(folder, table, day, origin, first=first, end=end)
            _write(connection, path, table, first=first, end=end, durable=True)
            rows += end - first
    return rows


def export(folder: Path, target: Path, *, tables: Collection[str] | None = None) -> int:
    """Write all that can be read as `<target>/<table>.parquet`, for each table or those named.

    How many rows. A row that was written twice stands twice, as in the tables; views can be named
    too. Raises: InputError for a name that is no table or view; OSError, duckdb.Error.
    """
    # Here, because the reader needs the room's files, and those may come to need this module.
    from gatewright.telemetry.reader import open_reading  # noqa: PLC0415

    known = [*all_tables(), *views()]
    for name in tables or ():
        if name not in known:
            raise InputError("table", name, "is not recorded", f"One of: {', '.join(known)}.")
    target.mkdir(parents=True, exist_ok=True)
    with open_reading(folder) as reading:
        return sum(
            copy_to(reading.connection, f"FROM {name}", target / f"{name}.parquet")
            for name in (all_tables() if tables is None else tables)
        )


def is_set_back(connection: "DuckDBPyConnection", folder: Path, origin: UUID) -> bool:
    """Whether the database holds fewer rows than were published: it is an older copy of itself."""
    has = counts(connection)
    return any(
        piece.end > has.get(table, 0)
        for table, pieces in _published(folder, origin).items()
        for piece in pieces
    )


def remove_needless(folder: Path, origin: UUID | None = None) -> int:
    """Remove pieces that were merged, of one database or all; how many. None while one reads."""
    removed = 0
    with nobody_reading(folder) as alone:
        if alone:
            found = find(folder).segments
            for piece in needless(one for one in found if origin in (None, one.origin)):
                piece.path.unlink(missing_ok=True)
                removed += 1
    return removed


def counts(connection: "DuckDBPyConnection") -> dict[str, int]:
    """Tables and their rows, those of other versions of ours included.

    Raises: OSError for a table whose name cannot be a folder's.
    """
    # The estimate may be too high, but it is 0 for an empty table only, and most tables are.
    names = connection.execute(
        "SELECT table_name, estimated_size FROM duckdb_tables()"
        " WHERE database_name = current_database()"
        " AND schema_name = 'main' AND NOT temporary AND table_name <> 'origin' ORDER BY 1"
    ).fetchall()
    found = {}
    for name, about in names:
        if not re.fullmatch(r"\w+", name, re.ASCII):
            raise OSError(f"table {name!r} is none of ours and cannot be published; drop it")
        found[name] = 0
        if about != 0:
            found[name] = connection.execute(f'FROM "{name}" SELECT count(*)').fetchall()[0][0]
    return found


def _write(
    connection: "DuckDBPyConnection",
    path: Path,
    table: str,
    *,
    first: int,
    end: int,
    durable: bool,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    query = f'FROM "{table}" WHERE rowid >= {first} AND rowid < {end}'
    copy_to(connection, query, path, rows=end - first, durable=durable)


def _published(folder: Path, origin: UUID) -> dict[str, list[Segment]]:
    found: dict[str, list[Segment]] = {}
    for piece in find(folder).segments:
        if piece.origin == origin:
            found.setdefault(piece.table, []).append(piece)
    return found


def _newest(connection: "DuckDBPyConnection", table: str) -> date:
    """The day of the table's last row, however much later it is published."""
    columns = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database()"
        " AND schema_name = 'main' AND table_name = ? AND data_type LIKE 'TIMESTAMP%'",
        [table],
    ).fetchall()
    today = datetime.now(UTC).date()
    if not columns:
        return today
    latest = ", ".join(f'max("{name}")' for (name,) in columns)
    found = connection.execute(f'FROM "{table}" SELECT greatest({latest})::date').fetchall()
    newest = found[0][0]
    return min(newest, today) if isinstance(newest, date) else today
