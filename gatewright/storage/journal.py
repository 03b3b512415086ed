"""The journal: answers of models, kept the moment that they arrive."""

from datetime import UTC, datetime

import aiosqlite

from gatewright.domain.conversation import Reply
from gatewright.storage.sql import queries


class AnswerJournal:
    """Implements the `Journal` port on the state database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def recall(self, key: str) -> Reply | None:
        """The answer recorded under this key, if there is one."""
        async with self._connection.execute(queries()["recall"], {"key": key}) as cursor:
            row = await cursor.fetchone()
        return None if row is None else Reply.model_validate_json(row[0])

    async def record(self, key: str, task_id: str, reply: Reply) -> None:
        """Durable on return; a second record of the same key changes nothing."""
        values = {
            "key": key,
            "task_id": task_id,
            "reply": reply.model_dump_json(),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        await self._connection.execute(queries()["record"], values)
