"""What the storage tests share: real SQLite files."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest
import pytest_asyncio

from gatewright.domain.task import Task
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "state.sqlite"


@pytest_asyncio.fixture
async def database(file: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with open_database(file) as connection:
        yield connection


@pytest.fixture
def ledger(database: aiosqlite.Connection) -> Ledger:
    return Ledger(database)


@pytest.fixture
def task() -> Task:
    return Task(id="t1", goal="Fix paging", repo=Path("/src/shop"))
