"""The process in which a query runs: `python -P -m gatewright.telemetry.query_process`.

One JSON object on stdin says what is asked; on stdout a line about the answer, then one a row.
"""

import contextlib
import json
import math
import resource
import sys
import threading
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatewright.domain.errors import InputError
from gatewright.telemetry.query_rules import check_statement
from gatewright.telemetry.reader import Reading, open_reading

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

ADDRESS_SPACE = 3 * 2**30
"""Bytes. DuckDB's own limit does not hold for the values that a function makes."""
MOST_FILE = 4 * 2**30
MOST_SAID = 256 * 2**20
"""Bytes of an answer on stdout."""


def main() -> None:
    """Answer what stdin asks."""
    asked = json.load(sys.stdin)
    _confine(asked["timeout_s"])
    for line in answered(asked):
        sys.stdout.write(line + "\n")


def _confine(timeout_s: float) -> None:
    """Limits that hold whatever DuckDB thinks; of CPU in case nobody is left to stop us."""
    seconds = int(4 * timeout_s) + 60
    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_FSIZE: MOST_FILE,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a stricter one is there already
            resource.setrlimit(limit, (value, value))


def answered(asked: Mapping[str, Any]) -> list[str]:
    """The lines to say."""
    import duckdb  # noqa: PLC0415  after the limits

    late = threading.Event()
    try:
        with open_reading(Path(asked["folder"])) as reading:
            _lock(reading.connection, Path(asked["folder"]), asked["scratch"])
            check_statement(reading.connection, asked["sql"])
            with _timed(reading.connection, asked["timeout_s"], late):
                return _answer(reading, asked)
    except InputError as error:
        said = {"error": "refused", "problem": error.problem, "fix": error.fix}
    except duckdb.InterruptException:
        said = {"error": "late"}
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        said = {"error": "memory", "problem": _first(error)}
    except (duckdb.Error, RuntimeError) as error:
        said = {"error": "late"} if late.is_set() else {"error": "sql", "problem": _first(error)}
    return [json.dumps(said)]


def _lock(connection: "DuckDBPyConnection", folder: Path, scratch: str) -> None:
    """From here on only what is attached, the segments and the scratch folder can be reached."""
    segments = str(folder / "segments")
    settings = {
        "memory_limit": "'1GB'",
        "threads": "2",
        "temp_directory": _quoted(scratch),
        "max_temp_directory_size": "'2GB'",
        "python_enable_replacements": "false",
        "allowed_directories": f"[{_quoted(segments)}, {_quoted(scratch)}]",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value}").fetchall()


@contextlib.contextmanager
def _timed(connection: "DuckDBPyConnection", timeout_s: float, late: threading.Event) -> Any:
    def interrupt() -> None:
        late.set()
        connection.interrupt()

    timer = threading.Timer(timeout_s, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _answer(reading: Reading, asked: Mapping[str, Any]) -> list[str]:
    relation = reading.connection.sql(asked["sql"], params=asked["values"] or None)
    if relation is None:
        raise InputError("query", asked["sql"], "has no rows to show", "Write a SELECT.")
    kinds = zip(relation.columns, relation.types, strict=True)
    columns = [[name, str(kind)] for name, kind in kinds]
    limit = asked["limit"]
    lines: list[str] = []
    if asked["parquet"]:
        count = _to_parquet(reading, relation, Path(asked["scratch"]), limit)
    else:
        lines = _lines(_without_zones(relation).limit(limit + 1))
        count = len(lines)
    head = {
        "columns": columns,
        "row_count": min(count, limit),
        "truncated": count > limit,
        "unreadable": reading.unreadable,
    }
    return [json.dumps(head), *lines[:limit]]


def _without_zones(relation: "DuckDBPyRelation") -> "DuckDBPyRelation":
    """A time with a zone cannot be fetched without pytz; in UTC it is the same without one."""
    zoned = [str(kind) == "TIMESTAMP WITH TIME ZONE" for kind in relation.types]
    if not any(zoned):
        return relation
    places = range(1, len(zoned) + 1)
    parts = [f"#{n}::timestamp" if z else f"#{n}" for n, z in zip(places, zoned, strict=True)]
    return relation.project(", ".join(parts))


def _lines(relation: "DuckDBPyRelation") -> list[str]:
    lines: list[str] = []
    size = 0
    for row in relation.fetchall():
        line = json.dumps([_sayable(value) for value in row], ensure_ascii=False)
        size += len(line)
        if size > MOST_SAID:
            raise MemoryError(f"an answer of more than {MOST_SAID / 2**20:.0f} MiB")
        lines.append(line)
    return lines


def _to_parquet(reading: Reading, relation: "DuckDBPyRelation", scratch: Path, limit: int) -> int:
    """Write the rows, one more than allowed included, and take that one away again."""
    written, final = scratch / "all.parquet", scratch / "answer.parquet"
    relation.limit(limit + 1).write_parquet(str(written), compression="zstd")
    file = reading.connection.read_parquet(str(written))
    [(count,)] = file.count("*").fetchall()
    if count > limit:
        file.limit(limit).write_parquet(str(final), compression="zstd")
    else:
        written.rename(final)
    return int(count)


def _sayable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_sayable(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _sayable(one) for name, one in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, bool | int | str) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _first(error: BaseException) -> str:
    """What DuckDB says, without the drawing of where and the advice on settings."""
    text = str(error).split("\nLINE ")[0].split("\n\nPossible solutions")[0]
    return " ".join(text.split()) or type(error).__name__


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
