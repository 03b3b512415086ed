"""LangGraph's checkpoints in SQLite."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from gatewright.domain.secret_forms import redact
from gatewright.storage.database import BUSY_TIMEOUT_S, UNUSABLE, cannot_open, write_ahead


class _Serializer(JsonPlusSerializer):
    """LangGraph keeps the error that ended a node; what others said in it may be a secret."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """As LangGraph's, an error as its text."""
        if isinstance(obj, BaseException):
            return super().dumps_typed(redact(repr(obj)).text)
        return super().dumps_typed(obj)


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """A saver that is set up, and closed at the end.

    The file is apart from the ledger's, so that the two do not wait for each other's writes. The
    serializer loads JSON types only, whatever LANGGRAPH_STRICT_MSGPACK says: a checkpoint that
    names a class is data, not code (CVE-2025-64439, CVE-2026-28277).
    Raises: EnvironmentFault when the file cannot be made or is no database.
    """
    async with AsyncExitStack() as stack:
        try:
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            connection = await stack.enter_async_context(
                aiosqlite.connect(path, timeout=BUSY_TIMEOUT_S)
            )
            await write_ahead(connection)
            await connection.execute("PRAGMA synchronous=NORMAL")
            serde = _Serializer(allowed_msgpack_modules=[])
            saver = AsyncSqliteSaver(connection, serde=serde)
            await saver.setup()
        except UNUSABLE as error:
            raise cannot_open(path, error) from error
        yield saver
