"""Everything that a folder's files hold, as one read-only database."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatewright.telemetry.files import CONFIG, IN_PROCESS, is_busy
from gatewright.telemetry.sql import queries, schema, tables, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


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


@contextlib.contextmanager
def open_reading(folder: Path, *, patience_s: float = 3.0) -> Iterator[Reading]:
    """Read all files, those of living processes too: they hold theirs for some 30 ms a second.

    A writer waits while this is open, and takes another file after some seconds: do not keep it
    open. A folder without files reads as empty tables.
    """
    import duckdb  # noqa: PLC0415  0.2 s, only for those who read

    with IN_PROCESS, duckdb.connect(":memory:", config=CONFIG) as connection:
        connection.execute("CREATE SCHEMA empty; USE empty").fetchall()
        connection.execute(schema()).fetchall()
        connection.execute("USE main").fetchall()
        attached, unreadable = [], []
        for number, path in enumerate(sorted(folder.glob("*.duckdb"))):
            try:
                _attach(connection, path, f"f{number}", time.monotonic() + patience_s)
                attached.append(f"f{number}")
            except (duckdb.Error, OSError) as error:
                unreadable.append(f"{path.name}: {str(error).splitlines()[0]}")
        _unite(connection, attached)
        yield Reading(connection=connection, unreadable=tuple(unreadable))


def _attach(connection: "DuckDBPyConnection", path: Path, name: str, deadline: float) -> None:
    import duckdb  # noqa: PLC0415  as above

    quoted = str(path).replace("'", "''")
    while True:
        try:
            connection.execute(f"ATTACH '{quoted}' AS {name} (READ_ONLY)").fetchall()
            return
        except duckdb.Error as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _unite(connection: "DuckDBPyConnection", names: list[str]) -> None:
    found = connection.execute(
        "SELECT database_name, table_name FROM duckdb_tables() WHERE schema_name = 'main'"
    ).fetchall()
    for table in tables():
        parts = [f"{name}.main.{table}" for name in names if (name, table) in found]
        body = " UNION ALL BY NAME ".join(f"FROM {part}" for part in [f"empty.{table}", *parts])
        connection.execute(f"CREATE VIEW {table} AS {body}").fetchall()
    for name, body in views().items():
        connection.execute(f"CREATE VIEW {name} AS {body}").fetchall()
