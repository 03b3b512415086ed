"""A statement is there as a whole, or not at all, and says what is wrong with the machine."""

import asyncio
import sqlite3
from pathlib import Path

import aiosqlite
import pytest

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Task
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.sql import queries

BIG = "x" * 20_000


async def test_a_full_disk_is_named_and_what_was_kept_stays(
    ledger: Ledger, task: Task, database: aiosqlite.Connection
) -> None:
    """SQLite's own limit gives the error that a full disk gives."""
    await ledger.accept(task, "a")
    await database.execute("PRAGMA max_page_count=1")  # means: not one page more than now
    with pytest.raises(EnvironmentFault, match=r"state\.sqlite' cannot.*disk is full\. Free space"):
        await ledger.accept(task.model_copy(update={"id": "t2", "goal": BIG}), "a")
    await database.execute("PRAGMA max_page_count=1000000")
    assert [entry.task.id for entry in await ledger.entries()] == ["t1"]
    await ledger.note("t1", "planning", BIG)
    assert (await ledger.history("t1"))[-1].detail == BIG


async def test_a_file_that_may_only_be_read_is_named_and_can_be_read(
    ledger: Ledger, task: Task, database: aiosqlite.Connection
) -> None:
    accepted = await ledger.accept(task, "a")
    await database.execute("PRAGMA query_only=1")
    with pytest.raises(EnvironmentFault, match=r"readonly database.*make it writable"):
        await ledger.begin("t1", by="ada@mill")
    assert await ledger.find("t1") == accepted


async def test_a_mistake_of_ours_is_not_the_machines(
    ledger: Ledger, database: aiosqlite.Connection
) -> None:
    await database.execute("DROP VIEW entries")
    with pytest.raises(sqlite3.OperationalError, match="no such table: entries"):
        await ledger.find("t1")


async def test_a_write_that_is_cancelled_leaves_no_lock(
    ledger: Ledger, task: Task, file: Path
) -> None:
    """The statement that gives something back would hold one until it is read to its end."""
    await ledger.accept(task, "a")
    writing = asyncio.create_task(ledger.begin("t1", by="ada@mill"))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with open_database(file) as other:
        await other.execute("PRAGMA busy_timeout=0")
        await ledger.find("t1")  # after what was under way
        await Ledger(other).note("t1", "planning")


@pytest.mark.parametrize("query", ["find", "cancel_asked", "note_state", "history", "answered"])
async def test_what_is_asked_of_one_task_reads_no_other(
    database: aiosqlite.Connection, query: str
) -> None:
    names = ("id", "task_id", "interrupt_id", "state", "detail", "at")
    plan = await database.execute_fetchall(
        f"EXPLAIN QUERY PLAN {queries()[query]}", dict.fromkeys(names, "x")
    )
    steps = [row[3] for row in plan]
    assert [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step] == []
