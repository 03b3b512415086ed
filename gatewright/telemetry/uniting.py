"""One table of this version over all its parts, whatever version made them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gatewright.telemetry.segment_reading import Part
from gatewright.telemetry.sql import schema, tables, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def begin(connection: "DuckDBPyConnection") -> None:
    """Make this version's tables, without rows, in the schema `empty`."""
    connection.execute("CREATE SCHEMA empty; USE empty").fetchall()
    connection.execute(schema()).fetchall()
    connection.execute("USE main").fetchall()


def attached(connection: "DuckDBPyConnection") -> list[Part]:
    """The tables of all databases that are attached as `f...`."""
    known: dict[tuple[str, str], dict[str, str]] = {}
    for database, table, column, kind in connection.execute(
        "SELECT database_name, table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE schema_name = 'main' AND database_name LIKE 'f%' ORDER BY column_index"
    ).fetchall():
        known.setdefault((database, table), {})[column] = kind
    return [
        Part(table, f'{database}.main."{table}"', columns)
        for (database, table), columns in known.items()
    ]


def unite(connection: "DuckDBPyConnection", parts: Sequence[Part]) -> list[str]:
    """Make every table over all its parts, and the views; parts that do not fit, and why."""
    import duckdb  # noqa: PLC0415  0.2 s, only for those who read

    wanted: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE schema_name = 'empty' AND database_name = 'memory' ORDER BY column_index"
    ).fetchall():
        wanted.setdefault(table, {})[column] = kind
    bodies = {table: [f"FROM empty.{table}"] for table in tables()}
    misfits = []
    for part in parts:
        if part.table not in bodies:
            continue
        body = _select(part, wanted[part.table])
        if any(part.columns.get(name, kind) != kind for name, kind in wanted[part.table].items()):
            try:
                connection.execute(f"DESCRIBE {body}").fetchall()
            except duckdb.Error as error:
                misfits.append(f"{part.table} in {part.source}: {str(error).splitlines()[0]}")
                continue
        bodies[part.table].append(body)
    for table, sources in bodies.items():
        united = " UNION ALL ".join(sources)
        connection.execute(f"CREATE VIEW {table} AS {united}").fetchall()
    for name, body in views().items():
        connection.execute(f"CREATE VIEW {name} AS {body}").fetchall()
    return misfits


def _select(part: Part, wanted: Mapping[str, str]) -> str:
    """The part's rows as this version's table has them: no other columns, the missing ones NULL."""
    columns = []
    for name, kind in wanted.items():
        has = part.columns.get(name)
        if has == kind:
            columns.append(f'"{name}"')
        elif has is None:
            columns.append(f'NULL::{kind} AS "{name}"')
        else:
            columns.append(f'TRY_CAST("{name}" AS {kind}) AS "{name}"')
    return f"FROM {part.source} SELECT {', '.join(columns)}"
