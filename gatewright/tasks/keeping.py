"""What every run of a task begins and ends with: its lock, its log, the dead before it, and its
cancellation."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault, WorkspaceError
from gatewright.domain.task import Site
from gatewright.settings import Settings
from gatewright.storage.locks import hold_task
from gatewright.store import Store, open_store
from gatewright.tasks.running import Position, compiled, position
from gatewright.telemetry.run_log import RunLog

_REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


@contextmanager
def writable(home: Path) -> Iterator[None]:
    """What a full disk or a read-only folder raises in here gets a name, and says what to do.

    Raises: EnvironmentFault.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _refused(str(home), error) from error
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        raise _refused(str(error.filename or home), error) from error


@asynccontextmanager
async def holding(settings: Settings, task_id: str) -> AsyncIterator[Store]:
    """The lock of a task, and the store.

    Raises: ThreadBusy; EnvironmentFault where the home cannot be written.
    """
    async with AsyncExitStack() as stack:
        with writable(settings.home):
            await stack.enter_async_context(hold_task(settings.home / "locks", task_id))
            store = await stack.enter_async_context(open_store(settings))
        yield store


async def bury(settings: Settings, store: Store) -> None:
    """Runs whose processes are gone are ended as killed: in the ledger, and in their logs."""
    for killed in await store.ledger.bury():
        log = run_log(settings, killed.task_id)
        process = killed.process
        said = f"killed: process {process.pid} on {process.host} was gone"
        await asyncio.to_thread(log.break_off, said)


async def end_cancelled(settings: Settings, store: Store, entry: Entry) -> bool:
    """Carry out a wish to cancel: no worktree is left, and ledger and log say so.

    False: the task was over before, and stays as it was. Its lock is held by whoever calls this.
    """
    task_id = entry.task.id
    reason = await store.ledger.cancel_requested(task_id)
    over = await _outcome(store, task_id)
    if over is not None:
        # A kill may have come between the last checkpoint and the ledger.
        await store.ledger.note(task_id, over.task_state)
        return False
    site = Site(task_id=task_id, repo=entry.task.repo, base_commit=entry.base_commit)
    left = ""
    try:
        await store.workspace.close(site)
    except (WorkspaceError, OSError) as error:
        left = f"; its worktree is left: {error}"
    if not await store.ledger.cancelled(task_id):
        return False
    said = f"cancelled: {reason}" if reason else "cancelled"
    await asyncio.to_thread(run_log(settings, task_id).break_off, said + left)
    return True


def run_log(settings: Settings, task_id: str) -> RunLog:
    """The log of all runs of a task."""
    return RunLog(settings.home / "runs", task_id)


async def _outcome(store: Store, task_id: str) -> Position | None:
    """Where the task stands, if it is over; a checkpoint that nobody can read ends nothing."""
    try:
        at = await position(compiled(store), task_id)
    except EnvironmentFault:
        return None
    return at if at.state is not None and at.state.outcome else None


def _refused(place: str, error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        f"{place!r} cannot be written: {error}",
        "Make room, or make it writable, and give the same command again: it goes on from the "
        "last checkpoint",
    )
