"""The state database: SQLite, opened, migrated and tuned in one place."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiosqlite

from gatewright.domain.errors import EnvironmentFault
from gatewright.storage.sql import migrations, queries

BUSY_TIMEOUT_S = 30
UNUSABLE = (OSError, aiosqlite.DatabaseError)
"""What opening a database raises when the file cannot be made or is none."""


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A connection to a database of the newest schema, closed at the end.

    Raises: EnvironmentFault when the file cannot be made, is no database or is of a newer
    Gatewright.
    """
    async with AsyncExitStack() as stack:
        try:
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            connection = await stack.enter_async_context(
                aiosqlite.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            )
            await _prepare(connection, path)
        except UNUSABLE as error:
            raise cannot_open(path, error) from error
        yield connection


def cannot_open(path: Path, error: Exception) -> EnvironmentFault:
    """The fault of a database file that SQLite or the file system refuses."""
    return EnvironmentFault(
        f"The database {str(path)!r} cannot be opened: {error}",
        "Make its folder writable, or name another by GATEWRIGHT_HOME.",
    )


async def write_ahead(connection: aiosqlite.Connection) -> None:
    """Turn on the write-ahead log, whoever else opens the new file at the same time.

    SQLite refuses this statement at once, whatever the timeout, while another connection has
    begun to write a file without such a log (https://sqlite.org/c3ref/busy_handler.html). For a
    transaction of our own it does wait.
    """
    while True:
        try:
            await connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        else:
            return
        await connection.execute("BEGIN IMMEDIATE")
        await connection.execute("ROLLBACK")


async def _prepare(connection: aiosqlite.Connection, path: Path) -> None:
    await write_ahead(connection)
    # Synced at every commit: an answer that was paid for outlives a power cut, too. There are few
    # writes; the checkpoints, which are many, have a file of their own.
    await connection.execute("PRAGMA synchronous=FULL")
    await connection.execute("PRAGMA foreign_keys=ON")
    await asyncio.to_thread(queries)  # read once; afterwards it is there for the event loop
    await _migrate(connection, path)


async def _migrate(connection: aiosqlite.Connection, path: Path) -> None:
    """Apply what is missing; two processes at once are serialised by the write lock."""
    known = await asyncio.to_thread(migrations)
    if await _version(connection) == known[-1][0]:
        return
    await connection.execute("BEGIN IMMEDIATE")
    try:
        version = await _version(connection)
        if version > known[-1][0]:
            raise EnvironmentFault(
                f"The state database {str(path)!r} has schema {version}, newer than {known[-1][0]}",
                "Update Gatewright, or name another folder by GATEWRIGHT_HOME.",
            )
        for number, script in known:
            if number > version:
                await _run(connection, script)
                await connection.execute(f"PRAGMA user_version={number}")
        await connection.execute("COMMIT")
    except BaseException:
        await connection.execute("ROLLBACK")
        raise


async def _run(connection: aiosqlite.Connection, script: str) -> None:
    """Statement by statement: `executescript` would commit the transaction it is in."""
    lines = (line.split("--")[0] for line in script.splitlines())
    for statement in "\n".join(lines).split(";"):
        if statement.strip():
            await connection.execute(statement)


async def _version(connection: aiosqlite.Connection) -> int:
    async with connection.execute("PRAGMA user_version") as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0
