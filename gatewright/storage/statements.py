"""Named statements on the state database, each one whole: one statement, one transaction."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiosqlite

from gatewright.domain.errors import EnvironmentFault
from gatewright.storage.sql import queries

Values = Mapping[str, Any]


class Statements:
    """Runs the queries of `queries.sql` by their names."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, query: str, values: Values) -> Sequence[aiosqlite.Row]:
        """What a statement gives back; what it writes is durable then.

        Run to its end in one piece, so that whoever is cancelled in here leaves no half of it.
        Raises: EnvironmentFault when the file cannot be read or written now.
        """
        try:
            found = await self._connection.execute_fetchall(queries()[query], dict(values))
        except aiosqlite.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
                raise  # the statement is wrong, not the machine
            raise EnvironmentFault(
                f"The state database {await self._path()!r} cannot be used: {error}",
                "Free space, make it writable, or wait for others to be done with it, and give the "
                "same command again: nothing that was kept is lost.",
            ) from error
        return list(found)

    async def row(self, query: str, values: Values) -> aiosqlite.Row | None:
        """The first row of `rows`."""
        found = await self.rows(query, values)
        return found[0] if found else None

    async def _path(self) -> str:
        """Known to SQLite without a look at the disk."""
        attached = list(await self._connection.execute_fetchall("PRAGMA database_list"))
        return str(attached[0][2])


def now() -> str:
    """UTC, ISO 8601, in milliseconds: text of one length sorts as the moments do."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
