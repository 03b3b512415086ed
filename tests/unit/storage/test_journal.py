"""The journal of answers that were paid for."""

import asyncio
from pathlib import Path

import aiosqlite

from gatewright.domain.conversation import Reply, Usage
from gatewright.storage.database import open_database
from gatewright.storage.journal import AnswerJournal

REPLY = Reply(
    text="a\n\u00e9\U0001f600",
    model="openai/gpt-5-mini",
    usage=Usage(input_tokens=3, source="provider"),
    cost_usd=None,
)


async def test_what_was_not_recorded_is_not_recalled(database: aiosqlite.Connection) -> None:
    assert await AnswerJournal(database).recall("k") is None


async def test_an_answer_is_recalled_as_it_was(database: aiosqlite.Connection) -> None:
    journal = AnswerJournal(database)
    await journal.record("k", "t", REPLY)
    assert await journal.recall("k") == REPLY


async def test_the_first_answer_of_a_key_stays(database: aiosqlite.Connection) -> None:
    journal = AnswerJournal(database)
    await journal.record("k", "t", REPLY)
    await journal.record("k", "t", REPLY.model_copy(update={"text": "second"}))
    assert await journal.recall("k") == REPLY


async def test_the_first_answer_stays_among_many_at_once(
    database: aiosqlite.Connection, file: Path
) -> None:
    """Two connections, as two processes have them."""
    async with open_database(file) as other:
        journals = [AnswerJournal(database), AnswerJournal(other)] * 10
        replies = [REPLY.model_copy(update={"text": str(number)}) for number in range(20)]
        await asyncio.gather(
            *(j.record("k", "t", r) for j, r in zip(journals, replies, strict=True))
        )
        first, second = await journals[0].recall("k"), await journals[1].recall("k")
    assert first == second
    assert first in replies


async def test_an_answer_outlives_its_connection(file: Path) -> None:
    async with open_database(file) as connection:
        await AnswerJournal(connection).record("k", "t", REPLY)
    async with open_database(file) as connection:
        assert await AnswerJournal(connection).recall("k") == REPLY
