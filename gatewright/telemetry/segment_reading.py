"""Segments as parts of a query: which of them can be read, and with which columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gatewright.telemetry.segment_files import Segment, needless

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Columns = dict[str, str]
"""Types by name, in order."""

_MAGIC = b"PAR1"


class Part(NamedTuple):
    """One source of rows of a table."""

    table: str
    source: str
    """As it stands after FROM."""
    columns: Mapping[str, str]


class Readable(NamedTuple):
    """What can be read of some segments."""

    parts: list[Part]
    refused: list[str]
    """Files that cannot, and why."""


def readable(connection: "DuckDBPyConnection", segments: Sequence[Segment]) -> Readable:
    """Parts with every row once: pieces that were merged count only where the whole is torn."""
    left = list(segments)
    refused: list[str] = []
    known: dict[Path, Columns] = {}
    while True:
        doubled = set(needless(left))
        chosen = [one for one in left if one not in doubled]
        bad = _examine(connection, [one for one in chosen if one.path not in known], known)
        if not bad:
            return Readable(_parts(chosen, known), refused)
        refused += [f"{one.path.name}: {why}" for one, why in bad.items()]
        left = [one for one in left if one not in bad]


def _parts(segments: Sequence[Segment], known: Mapping[Path, Columns]) -> list[Part]:
    """One for all files of a table that have the same columns: they are opened when needed only."""
    alike: dict[tuple[str, tuple[tuple[str, str], ...]], list[Path]] = {}
    for one in segments:
        alike.setdefault((one.table, tuple(known[one.path].items())), []).append(one.path)
    return [
        Part(table, f"read_parquet([{_listed(paths)}])", dict(columns))
        for (table, columns), paths in alike.items()
    ]


def _examine(
    connection: "DuckDBPyConnection", segments: Sequence[Segment], known: dict[Path, Columns]
) -> dict[Segment, str]:
    """Learn the columns of each; those that are not what their names say, and why."""
    bad = {one: "torn or no Parquet file" for one in segments if not _whole(one.path)}
    _learn(connection, [one for one in segments if one not in bad], known, bad)
    return bad


def _learn(
    connection: "DuckDBPyConnection",
    segments: Sequence[Segment],
    known: dict[Path, Columns],
    bad: dict[Segment, str],
) -> None:
    import duckdb  # noqa: PLC0415  0.2 s, only for those who read

    if not segments:
        return
    try:
        rows, columns = _footers(connection, [one.path for one in segments])
    except (duckdb.Error, OSError) as error:
        if len(segments) == 1:
            bad[segments[0]] = str(error).splitlines()[0]
            return
        middle = len(segments) // 2
        _learn(connection, segments[:middle], known, bad)
        _learn(connection, segments[middle:], known, bad)
        return
    for one in segments:
        found = rows.get(str(one.path))
        if found != one.end - one.first:
            bad[one] = f"holds {found!r} rows, its name says {one.end - one.first!r}"
        else:
            known[one.path] = columns[str(one.path)]


def _footers(
    connection: "DuckDBPyConnection", paths: Sequence[Path]
) -> tuple[dict[str, int], dict[str, Columns]]:
    listed = _listed(paths)
    rows = connection.execute(
        f"FROM parquet_file_metadata([{listed}]) SELECT file_name, num_rows"
    ).fetchall()
    columns: dict[str, Columns] = {str(path): {} for path in paths}
    inner = dict.fromkeys(columns, 0)
    for file, name, kind, children in connection.execute(
        f"FROM parquet_schema([{listed}])"
        " SELECT file_name, name, duckdb_type, coalesce(num_children, 0)"
        " WHERE column_id > 0 ORDER BY file_name, column_id"
    ).fetchall():
        if inner[file] == 0:
            columns[file][name] = kind
        inner[file] += children - (inner[file] > 0)
    return dict(rows), columns


def _whole(path: Path) -> bool:
    """Whether it begins and ends as a Parquet file does: most torn files are found here."""
    try:
        if not path.is_file():  # to open a pipe could take for ever
            return False
        with path.open("rb") as file:
            begins = file.read(4)
            file.seek(-8, 2)
            ends = file.read(8)
    except OSError:
        return False
    return begins == _MAGIC == ends[4:]


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
