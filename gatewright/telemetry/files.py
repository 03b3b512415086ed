"""The DuckDB files of a folder: one for each process that writes at the same time.

A process owns a slot, `telemetry.duckdb`, `telemetry-1.duckdb`, ..., by a lock that the kernel
drops when the process dies, however it dies. The database itself is opened for each batch and
closed again (about 25 ms of CPU at most once a second): DuckDB lets nobody else read a file that a
process holds open for writing, and so everyone can read, with any tool, while a run goes on.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gatewright.telemetry.sql import SCHEMA_VERSION, schema, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONFIG: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": "256MB"}
MOST_SLOTS = 64

IN_PROCESS = threading.RLock()
"""Held while a file is open here: DuckDB refuses one process two openings of different kinds.

And while the process forks: a child with an open database of its parent's would crash.
"""
os.register_at_fork(
    before=IN_PROCESS.acquire,
    after_in_parent=IN_PROCESS.release,
    after_in_child=IN_PROCESS.release,
)

_BUSY = (
    "could not set lock",
    "different configuration",
    "already attached",
    "file handle conflict",
)
_BROKEN = ("not a valid duckdb", "replaying wal", "corrupt", "checksum", "failed to deserialize")


class Busy(Exception):
    """Somebody else has the file open."""


class Slot:
    """The right to write one file."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock
        self._prepared = False

    def release(self) -> None:
        """Let another process have it."""
        with contextlib.suppress(OSError):
            os.close(self._lock)

    @contextlib.contextmanager
    def open(self) -> Iterator["DuckDBPyConnection"]:
        """The database, with its tables.

        A file that cannot be read any more is put aside, and a new one begun.
        Raises: Busy, OSError, duckdb.Error.
        """
        with IN_PROCESS:
            connection = self._connect()
            try:
                if not self._prepared:
                    _prepare(connection)
                    self._prepared = True
                yield connection
            finally:
                connection.close()

    def _connect(self) -> "DuckDBPyConnection":
        import duckdb  # noqa: PLC0415  0.2 s, in the writer's thread

        try:
            return duckdb.connect(self.path, config=CONFIG)
        except duckdb.Error as error:
            if is_busy(error):
                raise Busy(str(error)) from None
            if not is_broken(error):
                raise
        self._prepared = False
        _put_aside(self.path)
        return duckdb.connect(self.path, config=CONFIG)


def take_slot(folder: Path, *, beyond: int = -1) -> tuple[int, Slot]:
    """The first file that no process owns, and its number.

    Raises: OSError when the folder cannot be written, or every slot is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(beyond + 1, MOST_SLOTS):
        name = f"telemetry-{number}" if number else "telemetry"
        lock = os.open(folder / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        return number, Slot(folder / f"{name}.duckdb", lock)
    raise OSError(f"{folder}: all {MOST_SLOTS} telemetry files are in use; remove stale holders")


def is_busy(error: BaseException) -> bool:
    """Whether the same will work once another holder has closed the file."""
    return _says(error, _BUSY)


def is_broken(error: BaseException) -> bool:
    """Whether the file's content is beyond repair."""
    return _says(error, _BROKEN)


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    said = str(error).lower()
    return any(word in said for word in words)


def _put_aside(path: Path) -> None:
    mark = f".corrupt-{time.time_ns()}"
    for file in (path, path.with_name(f"{path.name}.wal")):
        with contextlib.suppress(FileNotFoundError):
            file.rename(file.with_name(file.name + mark))


def _prepare(connection: "DuckDBPyConnection") -> None:
    known = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version'"
    ).fetchall()
    if known[0][0] and connection.execute(
        "SELECT count(*) FROM schema_version WHERE version >= ?", [SCHEMA_VERSION]
    ).fetchall() != [(0,)]:
        return
    connection.begin()
    connection.execute(schema()).fetchall()
    for name, body in views().items():
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {body}").fetchall()
    connection.execute(
        "INSERT INTO schema_version VALUES (?, now()::timestamp)", [SCHEMA_VERSION]
    ).fetchall()
    connection.commit()
    # Right after DDL: it is what a replay of the write-ahead log is most likely to fail on.
    connection.execute("CHECKPOINT").fetchall()
