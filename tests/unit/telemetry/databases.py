"""Databases as the sidecar's writer leaves them, for the tests of those who read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sql import SCHEMA_VERSION, schema


@contextmanager
def database(
    folder: Path, name: str = "telemetry", *, age: timedelta = timedelta()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """One of the folder's databases, open, with all tables; `age` ago it was begun."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.duckdb"
    new = not path.exists()
    with duckdb.connect(path, config={"threads": 1, "memory_limit": "256MB"}) as connection:
        connection.execute(schema()).fetchall()
        if new:
            begun = datetime.now(UTC).replace(tzinfo=None) - age
            connection.execute(
                "INSERT INTO schema_version VALUES (?, ?)", [SCHEMA_VERSION, begun]
            ).fetchall()
        yield connection


def add(connection: duckdb.DuckDBPyConnection, first: int, end: int) -> None:
    """Events that are called `first` to `end` (exclusive)."""
    connection.execute(
        "INSERT INTO events (trace_id, name) SELECT 'x', i::varchar FROM range(?, ?) t(i)",
        [first, end],
    ).fetchall()


def events(folder: Path) -> list[int]:
    """All events that can be read, in order; nothing may be unreadable."""
    with open_reading(folder) as reading:
        assert reading.unreadable == ()
        return sorted(int(row["name"]) for row in reading.sql("SELECT name FROM events"))
