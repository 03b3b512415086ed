"""The DuckDB files of a folder: one for each process that writes at the same time.

A process owns a slot, `telemetry.duckdb`, `telemetry-1.duckdb`, ..., by a lock that the kernel
drops when the process dies, however it dies. DuckDB lets nobody else read a file that a process
holds open for writing. Opening and closing it for each batch would cost 25 ms of CPU a time, and
so it stays open while rows keep coming, and is closed when a reader knocks (`.readers`), when rows
cease, when somebody in this process wants to read, and before a fork.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from gatewright.telemetry.knocking import nobody_reading
from gatewright.telemetry.migrations import migrate
from gatewright.telemetry.rows import Columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONFIG: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": "256MB"}
MOST_SLOTS = 64

_LOCK = threading.RLock()
_OPEN: "set[Slot]" = set()

_BUSY = (
    "could not set lock",
    "different configuration",
    "already attached",
    "file handle conflict",
)
_BROKEN = ("not a valid duckdb", "replaying wal", "corrupt", "checksum", "failed to deserialize")


class _Gate:
    """Held by whoever reads here: DuckDB refuses one process two openings of different kinds.

    Who gets it finds no database of ours open. So does a fork: a child with an open database of
    its parent's would crash as soon as it forgets it.
    """

    def acquire(self) -> None:
        _LOCK.acquire()
        for slot in list(_OPEN):
            slot.shut()

    def release(self) -> None:
        _LOCK.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


IN_PROCESS = _Gate()
os.register_at_fork(
    before=IN_PROCESS.acquire,
    after_in_parent=IN_PROCESS.release,
    after_in_child=IN_PROCESS.release,
)


class Busy(Exception):
    """Somebody else has the file open."""


class Session(NamedTuple):
    """An open database."""

    connection: "DuckDBPyConnection"
    columns: Columns
    inode: int


class Slot:
    """The right to write one file, and the file while it is open."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.put_aside = 0
        """Files that could not be read any more, so far."""
        self._lock = lock
        self._session: Session | None = None
        self._before: Session | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody else can read it now."""
        return self._session is not None

    def is_ours(self) -> bool:
        """Whether the lock is still the one in the folder, which somebody may have removed."""
        return os.fstat(self._lock).st_ino == _inode(_lock_path(self.path))

    @contextlib.contextmanager
    def open(self) -> Iterator[Session]:
        """The database with its tables; it stays open, unless an exception comes out of this.

        A file that cannot be read any more is put aside, and a new one begun.
        Raises: Busy, OSError, duckdb.Error.
        """
        with _LOCK:
            if self._session is not None and self._session.inode != _inode(self.path):
                self.shut()
            if self._session is None:
                self._session = self._begin()
                _OPEN.add(self)
            try:
                yield self._session
            except BaseException:
                self.shut()
                raise

    def shut(self) -> None:
        """Let others read, until the next `open`. Waits for who uses it; never raises."""
        if self._session is None:
            return
        with _LOCK:
            session, self._session = self._session, None
            _OPEN.discard(self)
            if session is None:
                return
            session.columns.attach(None)
            self._before = session
            with contextlib.suppress(Exception):  # a full disk: its log stays, and is read later
                session.connection.close()

    def release(self) -> None:
        """Let another process have it."""
        self.shut()
        with contextlib.suppress(OSError):
            os.close(self._lock)

    def _begin(self) -> Session:
        import duckdb  # noqa: PLC0415  0.2 s, in the writer's thread

        try:
            return _session(self.path, before=self._before)
        except duckdb.Error as error:
            if is_busy(error):
                raise Busy(str(error)) from None
            if not is_broken(error):
                raise
        _put_aside(self.path)
        self.put_aside += 1
        return _session(self.path)


def take_slot(folder: Path, *, beyond: int = -1) -> tuple[int, Slot]:
    """The first file that no process owns, and its number.

    Raises: OSError when the folder cannot be written, or every slot is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(beyond + 1, MOST_SLOTS):
        path = folder / (f"telemetry-{number}.duckdb" if number else "telemetry.duckdb")
        lock = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        return number, Slot(path, lock)
    raise OSError(f"{folder}: all {MOST_SLOTS} telemetry files are in use; remove stale holders")


def readers_knock(folder: Path) -> bool:
    """Whether somebody reads, or waits to; also when that cannot be told."""
    with nobody_reading(folder) as alone:
        return not alone


def is_busy(error: BaseException) -> bool:
    """Whether the same will work once another holder has closed the file."""
    return _says(error, _BUSY)


def is_broken(error: BaseException) -> bool:
    """Whether the file's content is beyond repair."""
    return _says(error, _BROKEN)


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    said = str(error).lower()
    return any(word in said for word in words)


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}.lock")


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _session(path: Path, *, before: Session | None = None) -> Session:
    import duckdb  # noqa: PLC0415  as above

    inode = _inode(path)
    connection = duckdb.connect(path, config=CONFIG)
    try:
        if before is not None and before.inode == inode:
            # The file that was closed a moment ago: its tables are known, at a third of the cost.
            columns = before.columns
            columns.attach(connection)
        else:
            migrate(connection)
            columns = Columns(connection)
        # Nothing that is written here needs an optimizer: it is a fifth of a small batch's time.
        connection.execute("PRAGMA disable_optimizer").fetchall()
        return Session(connection, columns, path.stat().st_ino)
    except BaseException:
        connection.close()
        raise


def _put_aside(path: Path) -> None:
    mark = f".corrupt-{time.time_ns()}"
    for file in (path, path.with_name(f"{path.name}.wal")):
        with contextlib.suppress(FileNotFoundError):
            file.rename(file.with_name(file.name + mark))
