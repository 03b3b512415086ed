"""LangGraph's checkpoints in SQLite."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from gatewright.storage.database import BUSY_TIMEOUT_S


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """A saver that is set up, and closed at the end.

    The file is apart from the ledger's, so that the two do not wait for each other's writes. The
    serializer loads JSON types only, whatever LANGGRAPH_STRICT_MSGPACK says: a checkpoint that
    names a class is data, not code (CVE-2025-64439, CVE-2026-28277).
    """
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    async with aiosqlite.connect(path, timeout=BUSY_TIMEOUT_S) as connection:
        await connection.execute("PRAGMA synchronous=NORMAL")
        saver = AsyncSqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=[]))
        await saver.setup()
        yield saver
