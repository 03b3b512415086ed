"""Rows as the database takes them: every value in its column, in the column's type."""

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gatewright.telemetry.queue import Losses, Row

if TYPE_CHECKING:
    from duckdb import Appender, DuckDBPyConnection

_AT_ONCE = 250
"""Rows; no other thread runs while they are converted, for some two milliseconds."""


class Columns:
    """The tables of one open database, each with its columns and an appender that is kept.

    Making an appender anew for each batch costs a quarter of a millisecond a table.
    """

    def __init__(self, connection: "DuckDBPyConnection") -> None:
        found = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal"
            " AND table_name IN (SELECT table_name FROM duckdb_tables()) ORDER BY column_index"
        ).fetchall()
        types: dict[str, dict[str, str]] = {}
        for table, column, kind in found:
            types.setdefault(table, {})[column] = kind
        self._connection: DuckDBPyConnection | None = connection
        self._tables = {table: _Table(table, columns) for table, columns in types.items()}

    def attach(self, connection: "DuckDBPyConnection | None") -> None:
        """The same file was opened again; None: it is to be closed.

        Appenders are let go: they would keep it open.
        """
        for table in self._tables.values():
            table.appender = None
        self._connection = connection

    def buildable(self, rows: list[Row], losses: Losses) -> list[Row]:
        """Rows but those that end the thread which converts them; these are counted as lost."""
        good = []
        for row in rows:
            try:
                if row.table in self._tables:
                    self._tables[row.table].build(row, losses)
            except Exception:  # noqa: BLE001, S110  `store` will meet it again, and count it
                pass
            except BaseException as error:  # noqa: BLE001  SystemExit from somebody's `__str__`
                losses.lose([row])
                losses.error(f"{row.table}: {type(error).__name__}")
                continue
            good.append(row)
        return good

    def store(self, rows: list[Row], losses: Losses) -> list[Row]:
        """Write rows in one transaction; a row that the database refuses costs only itself.

        Returns those that are in the database now, in any order.
        Raises: OSError, duckdb.Error when nothing could be written.
        """
        known = [row for row in rows if row.table in self._tables]
        if len(known) < len(rows):
            strange = [row for row in rows if row.table not in self._tables]
            losses.lose(strange)
            losses.error("unknown table", len(strange))
        # A run's row says what was lost of the run: it comes after the rows that may be refused.
        known.sort(key=_is_run)
        return self._store(known, losses) if known else []

    def _store(self, rows: list[Row], losses: Losses) -> list[Row]:
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
        try:
            self._append(rows, losses)
        except duckdb.ConnectionException:
            raise  # it is not the row's fault
        except refused as error:
            if len(rows) == 1:
                losses.lose(rows)
                losses.error(f"{rows[0].table}: {type(error).__name__}")
                return []
            middle = len(rows) // 2
            written = self._store(rows[:middle], losses)
            return written + self._store(rows[middle:], losses)
        return rows

    def _append(self, rows: list[Row], losses: Losses) -> None:
        connection = self._connection
        assert connection is not None
        by_table: dict[str, list[list[Any]]] = {}
        for row in rows:
            built = self._tables[row.table].build(row, losses)
            by_table.setdefault(row.table, []).append(built)
        if len(by_table) == 1:
            # A flush is a transaction of its own, and cheaper than one within another.
            [(table, lines)] = by_table.items()
            self._tables[table].append(connection, lines)
            return
        connection.begin()
        try:
            for table, lines in by_table.items():
                self._tables[table].append(connection, lines)
            connection.commit()
        except BaseException:
            with contextlib.suppress(Exception):  # after a refused commit there is no transaction
                connection.rollback()
            raise


class _Table:
    """One table's columns, with what each needs of its values."""

    def __init__(self, name: str, types: Mapping[str, str]) -> None:
        self.name = name
        self.appender: Appender | None = None
        self._names = list(types)
        self._known = frozenset(types)
        self._seen: set[tuple[str, ...]] = set()
        """Sets of names that are all columns: rows have few different ones."""
        self._convert = [
            (place, convert)
            for place, kind in enumerate(types.values())
            if (convert := _converter(kind)) is not None
        ]
        self._lost = self._names.index("lost_events") if "lost_events" in types else None

    def build(self, row: Row, losses: Losses) -> list[Any]:
        """A row's values in the order of the columns."""
        values = row.values
        get = values.get
        line = list(map(get, self._names))
        for place, convert in self._convert:
            if (value := line[place]) is not None:
                line[place] = convert(value)
        if self._lost is not None and line[self._lost] is not None:
            line[self._lost] = losses.lost_of(values["trace_id"])
        names = tuple(values)
        if names not in self._seen:
            self._look_at(names, losses)
        return line

    def _look_at(self, names: tuple[str, ...], losses: Losses) -> None:
        strange = [name for name in names if name not in self._known]
        for name in strange:
            losses.error(f"unknown column: {self.name}.{name}")
        if not strange and len(self._seen) < 1_000:
            self._seen.add(names)

    def append(self, connection: "DuckDBPyConnection", lines: list[list[Any]]) -> None:
        """Write lines. Raises: duckdb.Error, TypeError, ValueError; then none is written."""
        if self.appender is None:
            self.appender = connection.appender(self.name, columns=self._names)
        try:
            for first in range(0, len(lines), _AT_ONCE):
                self.appender.append_rows(lines[first : first + _AT_ONCE])
            self.appender.flush()
        except BaseException:
            self.appender.clear()  # else DuckDB warns of the rows that were never flushed
            self.appender = None
            raise


def _is_run(row: Row) -> bool:
    return row.table == "runs"


def _converter(kind: str) -> Callable[[Any], Any] | None:
    """What makes a value fit for the appender: times in UTC without a zone, JSON as text."""
    if kind == "JSON":
        return _json
    if kind.startswith("TIMESTAMP"):
        return _utc
    return _list if kind.endswith("[]") else None


def _json(value: Any) -> str:
    return json.dumps(value, default=str)


def _utc(value: Any) -> Any:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).replace(tzinfo=None)


def _list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | set | frozenset) else value
