"""Parquet files that are there whole or not at all."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gatewright.telemetry.segment_files import temporary

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE_BYTES '16MB'"
"""Bounded by bytes too: a prompt may be a megabyte, and a row group is built in memory."""
UNORDERED = "SET preserve_insertion_order = false"
"""What ROW_GROUP_SIZE_BYTES asks for."""


def copy_to(
    connection: "DuckDBPyConnection",
    query: str,
    path: Path,
    *,
    rows: int | None = None,
    durable: bool = False,
) -> int:
    """Write a query's rows as one Parquet file, that is there whole or not at all; how many.

    Raises: OSError when they are not as many as `rows`, or the disk refuses; duckdb.Error.
    """
    hidden = temporary(path)
    quoted = str(hidden).replace("'", "''")
    try:
        connection.execute(UNORDERED).fetchall()
        done = connection.execute(f"COPY ({query}) TO '{quoted}' ({PARQUET})").fetchall()[0][0]
        if rows is not None and done != rows:
            raise OSError(f"{path.name} would hold {done!r} rows; its name says {rows!r}")
        if durable:
            _sync(hidden)
        hidden.replace(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    finally:
        connection.execute("RESET preserve_insertion_order").fetchall()
    if durable:
        _sync(path.parent)
    return int(done)


def _sync(path: Path) -> None:
    at = os.open(path, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)
