"""The state database is made, migrated and tuned when it is opened."""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import aiosqlite
import pytest

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Task
from gatewright.storage.checkpoints import open_checkpoints
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.sql import migrations, queries

NEWEST = migrations()[-1][0]


async def pragma(connection: aiosqlite.Connection, name: str) -> object:
    async with connection.execute(f"PRAGMA {name}") as cursor:
        row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def test_a_new_file_has_the_newest_schema(database: aiosqlite.Connection) -> None:
    assert await pragma(database, "user_version") == NEWEST


async def test_readers_do_not_wait_and_commits_are_synced(database: aiosqlite.Connection) -> None:
    assert [await pragma(database, name) for name in ("journal_mode", "synchronous")] == ["wal", 2]


async def test_every_query_fits_the_schema(database: aiosqlite.Connection) -> None:
    for query in queries().values():
        names = re.findall(r"(?<!:):([a-z_]+)", query)
        await database.execute(f"EXPLAIN {query}", dict.fromkeys(names, "x"))


async def test_opening_again_keeps_what_is_there(file: Path) -> None:
    async with open_database(file) as first:
        await first.execute("INSERT INTO answers VALUES ('k', 't', '{}', 'now')")
    async with (
        open_database(file) as second,
        second.execute("SELECT key FROM answers") as cursor,
    ):
        assert [tuple(row) for row in await cursor.fetchall()] == [("k",)]


async def test_a_file_of_an_older_schema_keeps_its_tasks_and_their_states(file: Path) -> None:
    file.parent.mkdir()
    task = Task(id="t1", goal="Fix paging", repo=Path("/src/shop"))
    with closing(sqlite3.connect(file)) as older, older:
        for number, script in migrations()[:2]:
            older.executescript(f"{script}; PRAGMA user_version={number}")
        row = ("t1", task.model_dump_json(), "digest", "c0ffee", "2026-01-01T10:00:00.000+00:00")
        older.execute("INSERT INTO tasks VALUES (?, ?, ?, ?, ?)", row)
        for second, state in enumerate(("planning", "plan_review", "failed")):
            older.execute(
                "INSERT INTO task_states (task_id, state, detail, at) VALUES ('t1', ?, '', ?)",
                (state, f"2026-01-01T10:00:0{second}.000+00:00"),
            )
    async with open_database(file) as connection:
        found = await Ledger(connection).find("t1")
        states = [each.state for each in await Ledger(connection).history("t1")]
    assert found == Entry(
        task=task,
        base_commit="c0ffee",
        accepted_at="2026-01-01T10:00:00.000+00:00",
        state="failed",
        seen_at="2026-01-01T10:00:02.000+00:00",
    )
    assert states == [None, "planning", "plan_review", "failed"]


async def test_many_may_open_a_new_file_at_once(file: Path) -> None:
    async def open_and_read() -> object:
        async with open_database(file) as connection:
            return await pragma(connection, "user_version")

    assert await asyncio.gather(*(open_and_read() for _ in range(8))) == [NEWEST] * 8


@pytest.mark.parametrize("opened", [open_database, open_checkpoints])
async def test_a_new_file_that_another_begins_to_write_is_waited_for(
    file: Path, opened: Callable[[Path], AbstractAsyncContextManager[object]]
) -> None:
    async def open_it() -> None:
        async with opened(file):
            pass

    file.parent.mkdir()
    with closing(sqlite3.connect(file, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(open_it())
        assert await asyncio.wait({opening}, timeout=0.2) == (set(), {opening})
        another.execute("COMMIT")
        await opening


async def test_a_newer_schema_is_refused_and_left_alone(file: Path) -> None:
    async with open_database(file) as connection:
        await connection.execute(f"PRAGMA user_version={NEWEST + 1}")
    with pytest.raises(EnvironmentFault, match=rf"schema {NEWEST + 1}, newer than {NEWEST}") as e:
        async with open_database(file):
            pass
    assert "Update Gatewright" in e.value.fix
    with closing(sqlite3.connect(file)) as left:
        assert left.execute("PRAGMA user_version").fetchone() == (NEWEST + 1,)


async def test_a_migration_that_fails_changes_nothing(file: Path) -> None:
    """A half-made schema of somebody else's is in the way of ours."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE answers (theirs)")
    with pytest.raises(EnvironmentFault, match="table answers already exists"):
        async with open_database(file):
            pass
    with closing(sqlite3.connect(file)) as left:
        tables = left.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
    assert tables == [("answers",)]


async def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("This is a letter, and a long one at that. " * 50)
    with pytest.raises(EnvironmentFault, match=r"state\.sqlite' cannot be opened"):
        async with open_database(file):
            pass
    assert file.read_text().startswith("This is a letter")


@pytest.mark.parametrize("place", ["a-file/state.sqlite", "a-folder"])
async def test_a_place_that_cannot_be_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").write_text("")
    (tmp_path / "a-folder").mkdir()
    with pytest.raises(EnvironmentFault, match=r"cannot be opened.*GATEWRIGHT_HOME"):
        async with open_database(tmp_path / place):
            pass


async def test_an_error_of_the_user_of_a_connection_is_not_ours(file: Path) -> None:
    with pytest.raises(aiosqlite.OperationalError, match="no such table"):
        async with open_database(file) as connection:
            await connection.execute("SELECT * FROM absent")


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))
