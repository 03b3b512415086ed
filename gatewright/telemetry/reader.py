"""Everything that a folder's databases and segments hold, as one read-only database.

Rows of a database that is open here are read from it, and its segments are passed over; segments
whose database is gone, elsewhere or not readable count instead. Databases are opened before
segments are listed: what leaves one meanwhile is in the other by then, and so every row that was
written before the reading began is in it, once.
"""

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gatewright.telemetry.files import IN_PROCESS, is_busy
from gatewright.telemetry.knocking import knocking
from gatewright.telemetry.segment_files import find
from gatewright.telemetry.segment_reading import readable
from gatewright.telemetry.sql import queries
from gatewright.telemetry.uniting import attached, begin, unite

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_THREADS = 4

_turn = threading.RLock()
"""Of those who read in this process: one closing a file would take the kernel's lock from all."""


def _after_fork() -> None:
    global _turn  # noqa: PLW0603  who had it is not here
    _turn = threading.RLock()


os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Tables and `v_` views over all files; see queries.sql and schema.sql."""

    connection: "DuckDBPyConnection"
    unreadable: tuple[str, ...]
    """Files that are not part of it, and why."""

    def query(self, name: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of a query of queries.sql."""
        return self.sql(queries()[name], **values)

    def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of any query. Raises: duckdb.Error."""
        result = self.connection.execute(statement, values or None)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


_SETTINGS = """
SET enable_progress_bar = false;
SET TimeZone = 'UTC';  -- else now() compares with our UTC columns as if they were local
-- DuckDB takes our left sides for single rows, and would compare each with every sample.
SET asof_loop_join_threshold = 0;
"""


@contextlib.contextmanager
def open_reading(folder: Path, *, patience_s: float = 3.0) -> Iterator[Reading]:
    """Read all files, those of living processes too, that let go of theirs when somebody knocks.

    Waits at most `patience_s` for all of them together; a database that is still held then is
    named in `unreadable`, and what it has published is read instead. A writer takes another file
    when it waits for some seconds: do not keep this open. A folder without files reads as empty
    tables.
    """
    import duckdb  # noqa: PLC0415  0.2 s, only for those who read

    deadline = time.monotonic() + patience_s
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": min(_MOST_THREADS, os.cpu_count() or 1),
        "memory_limit": "1GB",
        "temp_directory": str(Path(tempfile.gettempdir(), f"gatewright-reading-{os.getpid()}")),
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(knocking(folder, deadline))
        alone = _turn.acquire(timeout=patience_s)
        if alone:
            stack.callback(_turn.release)
            # Only ever held for a batch or a fork, else: no need to watch the time.
            stack.enter_context(IN_PROCESS)
        connection = stack.enter_context(duckdb.connect(":memory:", config=config))
        connection.execute(_SETTINGS).fetchall()
        begin(connection)
        unreadable = [] if alone else _held(folder)
        here = _attach_all(connection, folder, deadline, unreadable) if alone else set()
        found = find(folder)
        unreadable += [f"{path.name}: not a name of ours" for path in found.strange]
        segments = readable(connection, [one for one in found.segments if one.origin not in here])
        unreadable += segments.refused
        unreadable += unite(connection, [*attached(connection), *segments.parts])
        yield Reading(connection=connection, unreadable=tuple(unreadable))


def _held(folder: Path) -> list[str]:
    files = sorted(folder.glob("*.duckdb"))
    return [f"{path.name}: this process is reading it already" for path in files]


def _attach_all(
    connection: "DuckDBPyConnection", folder: Path, deadline: float, unreadable: list[str]
) -> set[UUID]:
    """Attach every database that can be, say which cannot and why; the names of those that are."""
    import duckdb  # noqa: PLC0415  as above

    known: set[UUID] = set()
    # The writers' own names are the shortest: of a copy beside its database, the copy is left out.
    found = sorted(folder.glob("*.duckdb"), key=lambda path: (len(path.name), path.name))
    for number, path in enumerate(found):
        name = f"f{number}"
        try:
            if not _attach(connection, path, name, deadline):
                continue
        except (duckdb.Error, OSError) as error:
            unreadable.append(f"{path.name}: {str(error).splitlines()[0]}")
            continue
        origins = _origins(connection, name)
        if known & origins:
            connection.execute(f"DETACH {name}").fetchall()
            unreadable.append(f"{path.name}: a copy of another file here")
        known |= origins
    return known


def _attach(connection: "DuckDBPyConnection", path: Path, name: str, deadline: float) -> bool:
    """False: the file is gone; it was rotated, and is in segments."""
    import duckdb  # noqa: PLC0415  as above

    quoted = str(path).replace("'", "''")
    while True:
        try:
            connection.execute(f"ATTACH '{quoted}' AS {name} (READ_ONLY)").fetchall()
            return True
        except duckdb.Error as error:
            if not path.exists():
                return False
            passing = is_busy(error) or "does not exist" in str(error)
            if not passing or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _origins(connection: "DuckDBPyConnection", name: str) -> set[UUID]:
    import duckdb  # noqa: PLC0415  as above

    try:
        found = connection.execute(f"FROM {name}.main.origin SELECT id").fetchall()
    except duckdb.CatalogException:  # of a version without segments
        return set()
    return {UUID(str(origin)) for (origin,) in found}
