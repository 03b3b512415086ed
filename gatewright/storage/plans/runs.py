"""The store of plan runs: implements the `PlanStore` port on the state database.

The table is the truth, and is there before what it announces is started; each run's `events.jsonl`
has the same events in the same order, written after it, and completed when it lags behind.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

from gatewright.domain.entry import Process
from gatewright.domain.errors import InputError, ThreadBusy
from gatewright.domain.plan_run import PlanEvent, PlanRun, StepAttempt, StepResult
from gatewright.domain.secret_forms import redact
from gatewright.storage.database import open_database
from gatewright.storage.locks import task_lock
from gatewright.storage.plans.book import Added, Book
from gatewright.storage.plans.desk import Desk
from gatewright.storage.plans.jsonl import EventFile
from gatewright.storage.plans.lines import event_of
from gatewright.storage.plans.rows import (
    FILE,
    attempt_of,
    process_of,
    results_of,
    run_of,
    text_of,
    values_of,
)
from gatewright.storage.processes import is_gone, this_process
from gatewright.storage.sql import queries

_NO_LIMIT = -1
_LOCK = "run"
"""A run's lock lies in its folder: `run.lock`."""
_BEHIND = (OSError, sqlite3.Error)
"""What may keep a line from its file; the table has it, and the file gets it later."""


class Wish(NamedTuple):
    """Somebody wants a run to be cancelled."""

    reason: str
    times: int
    """1: stop, and clean up; 2 and more: at once."""


class PlanRuns:
    """Everything about runs of plans; every method raises EnvironmentFault when the database
    cannot be used. Who runs a plan has the run's lock, which the kernel takes back from the dead.
    """

    def __init__(self, desk: Desk, folder: Path, *, process: Callable[[], Process]) -> None:
        """`folder` has one folder for each run. `process` says who claims; it may block."""
        self.folder = folder
        self._desk = desk
        self._process = process
        self._book = Book()
        desk.on_rollback = self._book.forget
        self._files: dict[str, EventFile] = {}
        self._held: dict[str, ExitStack] = {}

    @classmethod
    async def open(
        cls, database: Path, folder: Path, *, process: Callable[[], Process] = this_process
    ) -> Self:
        """The store on a connection of its own, for every event loop, until `close`.

        Raises: EnvironmentFault.
        """
        async with open_database(database):
            pass  # made, and of the newest schema
        await asyncio.to_thread(queries, FILE)
        desk = Desk(database)
        await desk.open()
        return cls(desk, folder, process=process)

    async def close(self) -> None:
        """No run is this process's any more."""
        try:
            for run_id in list(self._held):
                await self.release(run_id)
        finally:
            await self._desk.close()

    # The port

    async def begin(self, run: PlanRun) -> None:
        """Keep a new run, which this process is about to claim.

        Raises: InputError when the id is taken.
        """
        process = text_of(await asyncio.to_thread(self._process))
        values = {**values_of(run), "process": process}
        try:
            await self._desk.write(lambda db: _do(db, "begin", values))
        except sqlite3.IntegrityError:
            raise taken(run.run_id) from None

    async def claim(self, run_id: str) -> None:
        """This process runs it from now on, until `release`; its file is completed first.

        Raises: ThreadBusy when a process that is alive does, this one among them; InputError for an
        unknown run.
        """
        await self._known(run_id)
        process = text_of(await asyncio.to_thread(self._process))
        taking = asyncio.ensure_future(asyncio.to_thread(self._take, run_id))
        try:
            await asyncio.shield(taking)
        except asyncio.CancelledError:
            await asyncio.wait({taking})
            if not taking.cancelled() and taking.exception() is None:
                await asyncio.to_thread(self._let_go, run_id)
            raise
        await self._desk.write(
            lambda db: _do(db, "claim", {"run_id": run_id, "process": process}),
            then=partial(self._complete, run_id),
        )

    async def record(self, events: Sequence[PlanEvent]) -> None:
        """In one transaction: attempts, steps and the run as the events leave them. Afterwards, in
        the same order, the run's JSONL file, which is waited for at the run's end only."""
        if not events:
            return
        added: list[Mapping[str, Added]] = []

        def work(connection: sqlite3.Connection) -> None:
            added[:] = [self._book.add(connection, events)]

        def append() -> None:
            self._append(added[0])

        if events[-1].kind == "run_ended":
            await self._desk.write(work, then=append)
        else:
            await self._desk.write(work, after=append)

    async def run(self, run_id: str) -> PlanRun:
        """As it stands; `interrupted` where its process is gone. Raises: InputError."""
        row = await self._row(run_id)
        return (await asyncio.to_thread(_as_it_stands, [row]))[0]

    async def results(self, run_id: str) -> Mapping[str, StepResult]:
        """The steps that are over."""
        await self._known(run_id)
        return await self._desk.read(
            lambda db: results_of(line for (line,) in _do(db, "step_events", {"run_id": run_id}))
        )

    async def attempts(self, run_id: str) -> Sequence[StepAttempt]:
        """All of them, in the order in which they were started."""
        await self._known(run_id)
        rows = await self._desk.read(lambda db: _do(db, "attempts", {"run_id": run_id}))
        return [attempt_of(row) for row in rows]

    async def unchanged_key(self, plan_id: str, step: str, folder: str) -> str | None:
        """The key of the last run of this step that succeeded, of any run of this plan there."""
        values = {"plan_id": plan_id, "step": step, "folder": folder}
        rows = await self._desk.read(lambda db: _do(db, "unchanged_key", values))
        return str(rows[0][0]) if rows else None

    async def stop_asked(self, run_id: str) -> str | None:
        """The reason, perhaps empty, for which somebody wants it cancelled; cheap."""
        wish = await self.wish(run_id)
        return None if wish is None else wish.reason

    # Beside the port

    async def release(self, run_id: str) -> None:
        """This process runs it no longer; what has no end is interrupted. Safe to call twice."""
        if run_id not in self._held:
            return

        def work(connection: sqlite3.Connection) -> None:
            for name in ("abandon", "release"):
                _do(connection, name, {"run_id": run_id})

        try:
            await self._desk.write(work)
        finally:
            await asyncio.to_thread(self._let_go, run_id)

    async def has(self, run_id: str) -> bool:
        """Whether the run is known."""
        return bool(await self._desk.read(lambda db: _do(db, "run", {"run_id": run_id})))

    async def runs(self, *, plan_id: str | None = None, limit: int = 100) -> Sequence[PlanRun]:
        """Newest first, of all plans or of one; `interrupted` where its process is gone."""
        values = {"plan_id": plan_id, "limit": limit}
        rows = await self._desk.read(lambda db: _do(db, "runs", values))
        return await asyncio.to_thread(_as_it_stands, rows)

    async def events(
        self, run_id: str, *, after: int = 0, limit: int | None = None
    ) -> Sequence[PlanEvent]:
        """What happened, but for the first `after` events. Raises: InputError."""
        await self._known(run_id)
        values = {
            "run_id": run_id,
            "after": after,
            "limit": _NO_LIMIT if limit is None else limit,
        }
        rows = await self._desk.read(lambda db: _do(db, "events", values))
        return [event_of(line) for _, line in rows]

    async def ask_stop(self, run_id: str, reason: str = "") -> int:
        """Somebody wants it to be cancelled; how often somebody said so, this time included.

        Raises: InputError for a run that is over, or is not known.
        """
        await self._known(run_id)
        values = {"run_id": run_id, "reason": redact(reason).text}
        rows = await self._desk.write(lambda db: _do(db, "ask_stop", values))
        if not rows:
            raise InputError(
                "run",
                run_id,
                "is over and cannot be cancelled",
                f"See what it came to: `gatewright plan show {run_id}`.",
            )
        return int(rows[0][0])

    async def wish(self, run_id: str) -> Wish | None:
        """Whether somebody wants it to be cancelled, and how much."""
        rows = await self._desk.read(lambda db: _do(db, "stop_asked", {"run_id": run_id}))
        if not rows or rows[0][0] is None:
            return None
        return Wish(reason=str(rows[0][0]), times=int(rows[0][1]))

    async def bury(self) -> Sequence[PlanRun]:
        """Runs whose processes are gone are interrupted, and their files completed; which they are.

        What they left behind is still to be ended. Several may bury at once: each run is named in
        the result of one of them.
        """
        rows = await self._desk.read(lambda db: _do(db, "claimed", {}))
        found = []
        for run_id, process in rows:
            if not await asyncio.to_thread(is_gone, process_of(process)):
                continue
            with suppress(ThreadBusy):
                await self._bury(run_id)
                found.append(await self.run(run_id))
        return found

    async def ended_before(self, moment: str) -> Sequence[str]:
        """Runs that ended before it (UTC, ISO 8601) and that nobody has."""
        rows = await self._desk.read(lambda db: _do(db, "ended_before", {"before": moment}))
        return [run_id for (run_id,) in rows]

    async def forget(self, run_id: str) -> None:
        """Nothing is known of it any more; its folder is removed by whoever asks for this.

        Raises: ThreadBusy when somebody has it.
        """

        def work(connection: sqlite3.Connection) -> None:
            for name in ("forget_events", "forget_attempts", "forget_run"):
                _do(connection, name, {"run_id": run_id})

        await asyncio.to_thread(self._take, run_id)
        try:
            await self._desk.write(work)
        finally:
            await asyncio.to_thread(self._let_go, run_id)

    # Below it

    async def _bury(self, run_id: str) -> None:
        await asyncio.to_thread(self._take, run_id)
        try:
            await self._desk.write(
                lambda db: _do(db, "bury", {"run_id": run_id}),
                then=partial(self._complete, run_id),
            )
        finally:
            await asyncio.to_thread(self._let_go, run_id)

    async def _row(self, run_id: str) -> Any:
        rows = await self._desk.read(lambda db: _do(db, "run", {"run_id": run_id}))
        if not rows:
            raise InputError(
                "run", run_id, "is not known", "See the known ones: `gatewright plan runs`."
            )
        return rows[0]

    async def _known(self, run_id: str) -> None:
        await self._row(run_id)

    def _take(self, run_id: str) -> None:
        """Blocks. Raises: ThreadBusy."""
        if run_id in self._held:
            raise ThreadBusy(run_id, "this process", what="Plan run")
        with ExitStack() as stack:
            stack.enter_context(task_lock(self.folder / run_id, _LOCK, plan_run=run_id))
            self._held[run_id] = stack.pop_all()

    def _let_go(self, run_id: str) -> None:
        file = self._files.pop(run_id, None)
        if file is not None:
            file.close()
        if (stack := self._held.pop(run_id, None)) is not None:
            stack.close()

    # In the desk's thread

    def _append(self, added: Mapping[str, Added]) -> None:
        for run_id, its in added.items():
            with suppress(*_BEHIND):
                self._file(run_id).add(its.first, its.lines)

    def _complete(self, run_id: str) -> None:
        self._book.forget(run_id)  # another process may have gone on with it
        with suppress(*_BEHIND):
            self._file(run_id).complete()

    def _file(self, run_id: str) -> EventFile:
        file = self._files.get(run_id)
        if file is None:
            file = EventFile(self.folder / run_id, partial(self._lines, run_id))
            self._files[run_id] = file
        return file

    def _lines(self, run_id: str, after: int) -> list[str]:
        values = {"run_id": run_id, "after": after, "limit": _NO_LIMIT}
        return [line for _, line in _do(self._desk.connection, "events", values)]


@asynccontextmanager
async def open_plan_runs(
    database: Path, folder: Path, *, process: Callable[[], Process] = this_process
) -> AsyncIterator[PlanRuns]:
    """`PlanRuns.open`, closed at the end."""
    store = await PlanRuns.open(database, folder, process=process)
    try:
        yield store
    finally:
        await asyncio.shield(store.close())


def taken(run_id: str) -> InputError:
    """The error of a name that another run has."""
    return InputError("run", run_id, "is there already", "Leave the id out: one is made.")


def _do(connection: sqlite3.Connection, query: str, values: Mapping[str, Any]) -> list[Any]:
    return connection.execute(queries(FILE)[query], values).fetchall()


def _as_it_stands(rows: Sequence[Any]) -> list[PlanRun]:
    """Reads files: not for the event loop."""
    found = []
    for row in rows:
        run, process = run_of(row), row[-1]
        stopped = process is None or is_gone(process_of(process))
        if run.status == "running" and stopped:
            run = replace(run, status="interrupted")
        found.append(run)
    return found
