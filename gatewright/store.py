"""What a home remembers: its ledger, and with it all that says where a task stands.

Whoever only looks opens no more than this: nothing here that runs a task is imported.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatewright.deliver_setup import delivery_of, merging_of
from gatewright.domain.entry import Entry
from gatewright.domain.errors import InputError
from gatewright.settings import Settings
from gatewright.storage.database import open_database
from gatewright.storage.journal import AnswerJournal
from gatewright.storage.ledger import Ledger
from gatewright.storage.purse import SqlPurse
from gatewright.workspace.worktrees import GitWorkspace

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    Opening = Callable[[Path], AbstractAsyncContextManager[BaseCheckpointSaver[str]]]


@dataclass(frozen=True, kw_only=True)
class Store:
    """What remembers: enough to ask where a task stands."""

    ledger: Ledger
    journal: AnswerJournal
    purse: SqlPurse
    saver: "BaseCheckpointSaver[str]"
    workspace: GitWorkspace


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the databases; closed at the end.

    Raises: EnvironmentFault.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.home / "state.sqlite"))
        open_checkpoints = await asyncio.to_thread(_opening)
        saver = await stack.enter_async_context(
            open_checkpoints(settings.home / "checkpoints.sqlite")
        )
        yield Store(
            ledger=Ledger(database),
            journal=AnswerJournal(database),
            purse=SqlPurse(
                database, day_usd=settings.budget.day_usd, month_usd=settings.budget.month_usd
            ),
            saver=saver,
            workspace=GitWorkspace(
                settings.home,
                delivery=delivery_of(settings.deliver, merging=merging_of(settings)),
            ),
        )


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger alone, for whoever asks no checkpoint.

    Raises: EnvironmentFault.
    """
    async with open_database(settings.home / "state.sqlite") as database:
        yield Ledger(database)


async def entry_of(ledger: Ledger, task_id: str) -> Entry:
    """Raises: InputError for an unknown task."""
    entry = await ledger.find(task_id)
    if entry is None:
        raise InputError("task", task_id, "is not known", "`gatewright list` shows all tasks.")
    return entry


def _opening() -> "Opening":
    """Blocks, the first time."""
    from gatewright.storage.checkpoints import (  # noqa: PLC0415  0.3 s, only for checkpoints
        open_checkpoints,
    )

    return open_checkpoints
