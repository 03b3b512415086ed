"""Any question in SQL, answered under guard: read-only, so many seconds, so many rows.

The query runs in a process of its own (query_process.py): some of DuckDB's functions hear neither
its interrupt nor its memory limit, and a process can be stopped by force.
"""

import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.findings import Frozen

DEFAULT_LIMIT = 1000
MOST_ROWS = 10_000_000
DEFAULT_TIMEOUT_S = 30.0
MOST_TIMEOUT_S = 3600.0
GRACE_S = 5.0
"""Beyond the time limit, for opening the files and for a query that heeds its interruption late."""

_WORD = re.compile(r"[A-Z]+")
_READ: dict[str, Callable[[Any], Any]] = {
    "TIMESTAMP": datetime.fromisoformat,
    "DATE": date.fromisoformat,
    "DECIMAL": Decimal,
    "DOUBLE": float,
    "FLOAT": float,
}
"""How a value of a column comes back from JSON, by the first word of the column's type."""


class Column(Frozen):
    """One column of an answer."""

    name: str
    type: str
    """As DuckDB names it."""


class Answer(Frozen):
    """What a query came to."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    """Numbers, text, booleans, datetimes in UTC without a zone; what else there is as text, and
    lists and structs as lists and dicts. Empty when the answer went into a file."""
    row_count: int
    truncated: bool
    """Whether there were more rows than the limit."""
    unreadable: tuple[str, ...]
    """Telemetry files that are not part of it, and why."""

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column; a name that stands twice is numbered."""
        names = _distinct([column.name for column in self.columns])
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def run_sql(
    folder: Path,
    sql: str,
    *,
    limit: int = DEFAULT_LIMIT,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    values: Mapping[str, Any] | None = None,
    parquet: Path | None = None,
) -> Answer:
    """Answer one SELECT (or WITH, VALUES, FROM, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN). Blocks.

    `values` stand for `$name` in the query. With `parquet` the rows go into that file, which is
    replaced if it is there. Raises: InputError for a query, a limit or a place that will not do;
    EnvironmentFault when it takes longer than `timeout_s` or more memory than it may.
    """
    _check(limit, timeout_s, parquet)
    with tempfile.TemporaryDirectory(prefix="gatewright-sql-") as scratch:
        asked = {
            "folder": str(folder.absolute()),
            "sql": sql,
            "values": _sayable(values or {}),
            "limit": limit,
            "timeout_s": timeout_s,
            "scratch": scratch,
            "parquet": parquet is not None,
        }
        said = _asked_elsewhere(json.dumps(asked), timeout_s)
        head, *rows = (json.loads(line) for line in said.splitlines()) if said else ({},)
        _raise(head, sql, timeout_s)
        if parquet is not None:
            _put(Path(scratch) / "answer.parquet", parquet)
    columns = tuple(Column(name=name, type=kind) for name, kind in head["columns"])
    readers = [_reader(column.type) for column in columns]
    return Answer(
        columns=columns,
        rows=tuple(tuple(read(v) for read, v in zip(readers, row, strict=True)) for row in rows),
        row_count=head["row_count"],
        truncated=head["truncated"],
        unreadable=tuple(head["unreadable"]),
    )


def _check(limit: int, timeout_s: float, parquet: Path | None) -> None:
    if not 1 <= limit <= MOST_ROWS:
        raise InputError("limit", limit, f"must be 1 to {MOST_ROWS}", "Choose one of these.")
    if not 0 < timeout_s <= MOST_TIMEOUT_S:
        problem = f"must be more than 0 and at most {MOST_TIMEOUT_S:g} seconds"
        raise InputError("timeout", timeout_s, problem, "Choose another.")
    if parquet is not None and not parquet.absolute().parent.is_dir():
        raise InputError("output", str(parquet), "its folder is not there", "Make it first.")


def _asked_elsewhere(asked: str, timeout_s: float) -> str:
    """What the other process says.

    Raises: EnvironmentFault when it had to be stopped, or died.
    """
    # Without -P, a `gatewright` or `duckdb` in the current folder would be imported instead.
    command = [sys.executable, "-P", "-m", "gatewright.telemetry.query_process"]
    try:
        ended = subprocess.run(
            command,
            input=asked,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout_s + GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _late(timeout_s) from None
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise EnvironmentFault(
            f"The query's process died (exit code {ended.returncode}: {last})",
            "It may have needed too much memory: select fewer rows or columns.",
        )
    return ended.stdout


def _raise(head: Mapping[str, Any], sql: str, timeout_s: float) -> None:
    problem = head.get("problem", "")
    match head.get("error"):
        case None:
            return
        case "late":
            raise _late(timeout_s)
        case "memory":
            raise EnvironmentFault(
                f"The query needs too much memory: {problem}", "Select fewer rows or columns."
            )
        case "refused":
            raise InputError("query", sql, problem, head["fix"])
        case _:
            fix = "`DESCRIBE v_node_hardware` shows a view's columns, `SHOW TABLES` all views."
            raise InputError("query", sql, problem, fix)


def _late(timeout_s: float) -> EnvironmentFault:
    return EnvironmentFault(
        f"The query took longer than {timeout_s:g} seconds and was stopped",
        "Let it read less, or allow more time.",
    )


def _put(made: Path, target: Path) -> None:
    """In one step, so that nobody finds half a file. Raises: OSError."""
    beside = target.with_name(f".{target.name}.{made.parent.name}.tmp")
    try:
        shutil.copyfile(made, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _sayable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if value is None or isinstance(value, bool | int | float | str) else str(value)
        for name, value in values.items()
    }


def _reader(kind: str) -> Callable[[Any], Any]:
    word = _WORD.match(kind)
    read = _READ.get(word[0]) if word and not kind.endswith("]") else None
    if read is None:
        return _as_it_is
    return lambda value: None if value is None else _understood(read, value)


def _understood(read: Callable[[Any], Any], value: Any) -> Any:
    """`infinity` is a time in DuckDB and none in Python: it stays text."""
    try:
        return read(value)
    except ValueError:
        return value


def _as_it_is(value: Any) -> Any:
    return value


def _distinct(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        number, chosen = 1, name
        while chosen in found:
            number += 1
            chosen = f"{name}_{number}"
        found.append(chosen)
    return found


def json_value(value: Any) -> Any:
    """A value of an answer as JSON has it: decimals as numbers, times in ISO 8601, and what JSON
    has no number for (infinity, NaN) as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
