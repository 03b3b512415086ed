"""Cut the databases back to what is still asked for. Every function here blocks.

Every checkpoint holds the whole state, so that a thread grows with the square of its length. Yet
only the last one is ever gone on from; of those before it, the history reads a few channels.
"""

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gatewright.storage.database import BUSY_TIMEOUT_S

if TYPE_CHECKING:
    from langgraph.checkpoint.serde.base import SerializerProtocol

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_COMPACT_TIMEOUT_S = 1.0
"""Who cannot have the file at once leaves it as it is: free pages are used again anyway."""


class Cut(NamedTuple):
    """What was taken away, or would be."""

    rows: int
    """Removed, or made smaller."""
    bytes: int
    """Of their content; the file shrinks when it is compacted."""


class Room(NamedTuple):
    """What a database file takes."""

    file_bytes: int
    """With the log beside it."""
    free_bytes: int
    """Of these: pages that hold nothing."""


def threads(path: Path) -> dict[str, int]:
    """How many checkpoints each thread has."""
    with _opened(path) as connection:
        return dict(connection.execute(_queries()["threads"]).fetchall())


def thin(
    path: Path,
    thread_id: str,
    *,
    drop: Collection[str],
    serde: "SerializerProtocol",
    dry_run: bool = False,
) -> Cut:
    """Take these channels, and what nodes wrote, from all checkpoints but each namespace's last.

    A thread goes on as before, and its history has the same checkpoints, that say the same of every
    other channel. Nobody may run the thread meanwhile.
    Raises: sqlite3.Error; nothing of the thread is changed then.
    """
    thread = {"thread_id": thread_id}
    with _opened(path) as connection:
        rows, size = connection.execute(_queries()["older_writes"], thread).fetchone()
        older = connection.execute(_queries()["older"], thread).fetchall()
        slim = [one for row in older if (one := _slim(row, drop, serde)) is not None]
        if (rows or slim) and not dry_run:
            with _whole(connection):
                connection.execute(_queries()["forget_older_writes"], thread)
                connection.executemany(_queries()["rewrite"], [thread | one.values for one in slim])
    return Cut(rows + len(slim), size + sum(one.saved for one in slim))


def keep_last(path: Path, thread_id: str, *, dry_run: bool = False) -> Cut:
    """Remove all checkpoints but the last, which is whole, and goes on where the thread could.

    Nobody may run the thread meanwhile. Raises: sqlite3.Error; nothing is changed then.
    """
    thread = {"thread_id": thread_id}
    with _opened(path) as connection:
        cuts = [
            Cut(*connection.execute(_queries()[name], thread).fetchone())
            for name in ("all_but_last", "writes_of_others")
        ]
        rows = sum(cut.rows for cut in cuts)
        if rows and not dry_run:
            with _whole(connection):
                connection.execute(_queries()["forget_writes_of_others"], thread)
                connection.execute(_queries()["forget_all_but_last"], thread)
    return Cut(rows, sum(cut.bytes for cut in cuts))


def answered(path: Path) -> dict[str, Cut]:
    """The models' answers that are kept, by task."""
    with _opened(path) as connection:
        found = connection.execute(_queries()["answered"]).fetchall()
    return {task_id: Cut(rows, size) for task_id, rows, size in found}


def forget_answers(path: Path, task_id: str) -> None:
    """Remove the answers of a task that will not ask for them again. Raises: sqlite3.Error."""
    with _opened(path) as connection, _whole(connection):
        connection.execute(_queries()["forget_answers"], {"task_id": task_id})


def sum_money(path: Path, *, before: str, keep: Collection[str], dry_run: bool = False) -> int:
    """Make one row of the purse of all of a task's in a month, and of what was never settled.

    Returns how many rows are gone. Every sum over tasks or months stays as it was. `before` is a
    moment as the purse has it, in no month that still counts; the rows of the tasks to `keep`
    stay: they may yet be settled.
    Raises: sqlite3.Error; nothing is changed then.
    """
    names = ("task_id", "month", "settled", "count", "nano_usd", "first", "last")
    with _opened(path) as connection, _whole(connection):
        rows = connection.execute(_queries()["old_money"], {"before": before}).fetchall()
        groups = [dict(zip(names, row, strict=True)) for row in rows if row[0] not in keep]
        for group in [] if dry_run else groups:
            key = f"sum/{group['month']}/{group['settled']}/{group['task_id']}"
            connection.execute(_queries()["forget_summed"], group)
            connection.execute(_queries()["add_sum"], group | {"key": key})
    return sum(group["count"] - 1 for group in groups)


def room(path: Path) -> Room:
    """What the file takes, and how much of it for nothing."""
    beside = (path, path.with_name(f"{path.name}-wal"))
    size = sum(file.stat().st_size for file in beside if file.exists())
    with _opened(path) as connection:
        pages = connection.execute("PRAGMA freelist_count").fetchone()[0]
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    return Room(size, pages * page)


def compact(path: Path, *, anew: bool = True) -> None:
    """Give the file system back what the log has, and, `anew`, what the file has for nothing.

    Raises: sqlite3.Error when others use the file, or there is no room for a second one; it stays
    as it is.
    """
    with closing(_connect(path, timeout_s=_COMPACT_TIMEOUT_S)) as connection:
        if anew:
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class _Slim(NamedTuple):
    """A checkpoint with less in it."""

    values: dict[str, Any]
    """For the query."""
    saved: int
    """Bytes."""


def _slim(
    row: tuple[str, str, str, bytes], drop: Collection[str], serde: "SerializerProtocol"
) -> _Slim | None:
    """None: there is nothing to drop."""
    ns, checkpoint_id, kind, blob = row
    checkpoint = serde.loads_typed((kind, blob))
    values = checkpoint["channel_values"]
    kept = {name: value for name, value in values.items() if name not in drop}
    if len(kept) == len(values):
        return None
    kind, new = serde.dumps_typed({**checkpoint, "channel_values": kept})
    where = {"ns": ns, "id": checkpoint_id, "type": kind, "checkpoint": new}
    return _Slim(where, len(blob) - len(new))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(_connect(path)) as connection:
        yield connection


@contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction; what ends without a commit is taken back when the connection closes."""
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")


def _connect(path: Path, *, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """It must be there: an empty file instead would say that nothing was kept."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=timeout_s, isolation_level=None
    )
    # Where SQLite is built to, it overwrites what it deletes: as much room in the log as is to be
    # freed, on a disk that may have none.
    connection.execute("PRAGMA secure_delete=FAST").fetchall()
    return connection


@cache
def _queries() -> dict[str, str]:
    text = resources.files("gatewright.storage").joinpath("pruning.sql").read_text("utf-8")
    parts = _NAME.split(text)[1:]
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))
