"""A database file of any version becomes one of this version, or stays what it is.

Tables only ever gain columns, and so one step does for every older version: what `schema.sql` has
and the file has not is added. What a later version wrote stays as it is, and is written as far as
its columns go.
"""

from typing import TYPE_CHECKING

from gatewright.telemetry.sql import SCHEMA_VERSION, schema, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MODEL = "gatewright_schema"


def migrate(connection: "DuckDBPyConnection") -> None:
    """Bring an open database to this version, its views too. Raises: duckdb.Error."""
    if version(connection) >= SCHEMA_VERSION:
        return
    missing = _missing(connection)
    connection.begin()
    connection.execute(schema()).fetchall()
    for table, column, kind in missing:
        connection.execute(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}').fetchall()
    for name, body in views().items():
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {body}").fetchall()
    connection.execute(
        "INSERT INTO schema_version VALUES (?, now() AT TIME ZONE 'UTC')", [SCHEMA_VERSION]
    ).fetchall()
    connection.commit()
    # Right after DDL: it is what a replay of the write-ahead log is most likely to fail on.
    connection.execute("CHECKPOINT").fetchall()


def version(connection: "DuckDBPyConnection") -> int:
    """The latest version that the file was brought to; 0 for an empty one."""
    import duckdb  # noqa: PLC0415  0.2 s, in the writer's thread

    try:
        found = connection.execute("SELECT max(version) FROM schema_version").fetchall()
    except duckdb.CatalogException:
        return 0
    return int(found[0][0] or 0)


def _missing(connection: "DuckDBPyConnection") -> list[tuple[str, str, str]]:
    """Columns that the file's tables lack, in the order of `schema.sql`."""
    [(name,)] = connection.execute("SELECT current_database()").fetchall()
    connection.execute(f"ATTACH ':memory:' AS {_MODEL}; USE {_MODEL}").fetchall()
    try:
        connection.execute(schema()).fetchall()
        return connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() AS wanted"
            " WHERE database_name = $model AND table_name IN"
            " (SELECT table_name FROM duckdb_tables() WHERE database_name = $file)"
            " AND NOT EXISTS (FROM duckdb_columns() AS has WHERE has.database_name = $file"
            " AND has.table_name = wanted.table_name AND has.column_name = wanted.column_name)"
            " ORDER BY table_name, column_index",
            {"model": _MODEL, "file": name},
        ).fetchall()
    finally:
        connection.execute(f'USE "{name}"; DETACH {_MODEL}').fetchall()
