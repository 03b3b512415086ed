"""Where a process may die: between any two things that outlive it.

Python itself says when they come: its audit events name every file that is opened to be written,
renamed or removed, every process and every connection that is begun, and SQLite's trace names
every statement. So nothing of Gatewright is touched to find the places, and no place is forgotten
because nobody thought of it.
"""

import os
import re
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

_NAMED = re.compile(r"[0-9a-f]{8,}|(?<=probe-)\w+|(?<=\.new-)\w+|\d+")
"""What differs from run to run in a path."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_READS = ("SELECT", "PRAGMA", "WITH")
_GIT_READS = {
    "rev-parse",
    "cat-file",
    "ls-tree",
    "diff-tree",
    "diff-index",
    "status",
    "config",
    "check-ref-format",
    "for-each-ref",
    "rev-list",
}
"""Nothing is there afterwards that was not there before: to die before or after it is the same."""
_MOVES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


class Point(NamedTuple):
    """The `nth` time (from 1) that something of this label is about to happen."""

    label: str
    nth: int


class Boundaries:
    """Listens in this process, from `listen` on and for ever: an audit hook cannot be removed."""

    def __init__(self, folder: Path, *, reached: Callable[[Point], None]) -> None:
        """`folder` holds the home and the repositories; what happens elsewhere is of no account."""
        self._folder = os.path.realpath(folder) + "/"
        self._reached = reached
        self._seen: Counter[str] = Counter()
        self._here = threading.local()

    def listen(self) -> None:
        """Begin."""
        sys.addaudithook(self._heard)
        connect = sqlite3.connect

        @wraps(connect)
        def traced(database: Any, *given: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(database, *given, **options)
            self._trace(connection, Path(os.fspath(database)).name)
            return connection

        # The audit event for it comes before the connection can be used.
        sqlite3.connect = traced  # type: ignore[assignment]

    def _heard(self, event: str, given: tuple[Any, ...]) -> None:
        if getattr(self._here, "busy", False):
            return
        self._here.busy = True
        try:
            label = self._label(event, given)
            if label is not None:
                self._say(label)
        finally:
            self._here.busy = False

    def _say(self, label: str) -> None:
        self._seen[label] += 1
        self._reached(Point(label, self._seen[label]))

    def _label(self, event: str, given: tuple[Any, ...]) -> str | None:
        match event:
            case "open" if isinstance(given[2], int) and given[2] & _WRITING:
                return self._file("write", given[0])
            case "subprocess.Popen":
                return _command([os.fsdecode(part) for part in given[1]])
            case "socket.connect":
                return "connect"
            case _ if event in _MOVES:
                return self._file(event.partition(".")[2], given[0])
        return None

    def _file(self, what: str, path: object) -> str | None:
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links are left as they are
        if not full.startswith(self._folder) or "/telemetry" in full:
            return None
        if what == "mkdir" and Path(full).is_dir():
            return None
        return f"{what} {_NAMED.sub('N', full.removeprefix(self._folder))}"

    def _trace(self, connection: sqlite3.Connection, database: str) -> None:
        def statement(sql: str) -> None:
            words = " ".join(line.partition("--")[0] for line in sql.splitlines()).split()
            if words and words[0].upper() not in _READS:
                self._say(f"{database}: {' '.join(words[:3])[:60]}")

        connection.set_trace_callback(statement)


def distinct(points: list[Point]) -> list[Point]:
    """Of the same label in a row only the first: one transaction, one file that is written."""
    return [
        point
        for number, point in enumerate(points)
        if number == 0 or point[0] != points[number - 1][0]
    ]


def _command(arguments: list[str]) -> str | None:
    """Git's by its own command, all others (the sandbox's) by the program."""
    program = Path(arguments[0]).name
    if program != "git":
        return f"start {program}"
    rest = iter(arguments[1:])
    for part in rest:
        if part == "-c":
            next(rest)
        elif not part.startswith("-"):
            return None if part in _GIT_READS else f"git {part}"
    return None
