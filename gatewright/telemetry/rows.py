"""Rows as the database takes them: every value in its column, in the column's type."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gatewright.telemetry.queue import Losses, Row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Columns:
    """The columns of every table as they are in one file."""

    def __init__(self, connection: "DuckDBPyConnection") -> None:
        found = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " WHERE schema_name = 'main' AND NOT internal"
            " AND table_name IN (SELECT table_name FROM duckdb_tables()) ORDER BY column_index"
        ).fetchall()
        self._types: dict[str, dict[str, str]] = {}
        for table, column, kind in found:
            self._types.setdefault(table, {})[column] = kind

    def store(self, connection: "DuckDBPyConnection", rows: list[Row], losses: Losses) -> None:
        """Write rows in one transaction; a row that the database refuses costs only itself.

        Raises: OSError, duckdb.Error when nothing could be written.
        """
        known = [row for row in rows if row.table in self._types]
        if len(known) < len(rows):
            strange = [row for row in rows if row.table not in self._types]
            losses.lose(strange)
            losses.errors["unknown table"] += len(strange)
        if known:
            self._store(connection, known, losses)

    def _store(self, connection: "DuckDBPyConnection", rows: list[Row], losses: Losses) -> None:
        import duckdb  # noqa: PLC0415  0.2 s, in the writer's thread

        refused = (
            duckdb.DataError,
            duckdb.ProgrammingError,
            duckdb.IntegrityError,
            duckdb.NotSupportedError,
            TypeError,
            ValueError,
            OverflowError,
        )
        connection.begin()
        try:
            self._append(connection, rows, losses)
            connection.commit()
        except refused as error:
            connection.rollback()
            if len(rows) == 1:
                losses.lose(rows)
                losses.errors[f"{rows[0].table}: {type(error).__name__}"] += 1
                return
            middle = len(rows) // 2
            self._store(connection, rows[:middle], losses)
            self._store(connection, rows[middle:], losses)

    def _append(self, connection: "DuckDBPyConnection", rows: list[Row], losses: Losses) -> None:
        by_table: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_table.setdefault(row.table, []).append(row.values)
        for table, found in by_table.items():
            types = self._types[table]
            appender = connection.appender(table, columns=list(types))
            try:
                appender.append_rows(
                    [
                        [_plain(values.get(name), kind) for name, kind in types.items()]
                        for values in found
                    ]
                )
                appender.flush()
            except BaseException:
                appender.clear()  # else DuckDB warns of the rows that were never flushed
                raise
            strange = {name for values in found for name in values if name not in types}
            for name in strange:
                losses.errors[f"unknown column: {table}.{name}"] += 1


def _plain(value: Any, kind: str) -> Any:
    """As the appender wants it: times in UTC without a zone, JSON as text."""
    if value is None:
        return None
    if kind == "JSON":
        return json.dumps(value, default=str)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if kind.endswith("[]") and isinstance(value, tuple | set | frozenset):
        return list(value)
    return value
