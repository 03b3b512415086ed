"""One process's run of a task: from the task's lock to the last word about it in the ledger."""

import asyncio
import sqlite3
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from langgraph.runtime import RunControl

from gatewright.composition import open_context
from gatewright.domain.entry import Entry, RunEnd
from gatewright.domain.errors import GatewrightError
from gatewright.domain.events import Event
from gatewright.domain.finishing import settle
from gatewright.domain.human import Answer
from gatewright.domain.metrics import RunMetrics
from gatewright.domain.ports import Runner
from gatewright.domain.result import TaskResult
from gatewright.domain.secret_forms import redact
from gatewright.settings import Settings
from gatewright.store import Store
from gatewright.tasks.answering import Given, answer_for
from gatewright.tasks.driving import Run, asks
from gatewright.tasks.keeping import bury, end_cancelled, holding, run_log, writable
from gatewright.tasks.results import read_result
from gatewright.tasks.running import Position, compiled, position
from gatewright.telemetry.events import row_of
from gatewright.telemetry.scope import RunScope
from gatewright.telemetry.sidecar import Sidecar
from gatewright.upkeep.retiring import thin
from gatewright.who import who

Listener = Callable[[Event], None]

POLL_S = 0.4
"""Between two looks at whether somebody wants the task to be cancelled."""
_ENDS: dict[str, RunEnd] = {
    "done": "done",
    "failed": "failed",
    "awaiting_human": "awaiting_human",
}
_UNKEPT = (GatewrightError, sqlite3.Error, OSError)
"""What keeps a run's end from being written down must not stand for the error that ended it."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What every run in this process shares."""

    settings: Settings
    sidecar: Sidecar
    sandbox: Callable[[], Awaitable[Runner]]


class Turn:
    """Runs a task as far as it goes, and keeps ledger and run log right whatever ends it."""

    def __init__(
        self,
        house: House,
        entry: Entry,
        *,
        given: Given | None = None,
        control: RunControl | None = None,
        reopen: bool = False,
    ) -> None:
        """With `reopen`, a cancelled task goes on."""
        self._house = house
        self._entry = entry
        self._id = entry.task.id
        self._given = given
        self._control = control or RunControl()
        self._reopen = reopen
        self._log = run_log(house.settings, entry.task.id)
        self._wanted: str | None = None
        """Why somebody wants it to be cancelled, once somebody does."""

    async def go(self, say: Listener) -> TaskResult:
        """Run; `say` hears what happens, and what it raises ends the run.

        Raises: InputError, EnvironmentFault (ThreadBusy, a home that is full or read-only),
        ModelFault; whatever happens, a later run goes on from where this one stopped.
        """
        settings = self._house.settings
        async with holding(settings, self._id) as store:
            with writable(settings.home):
                await bury(settings, store)
                if await self._is_cancelled(store):
                    return await self._result(store)
                start = await position(compiled(store), self._id)
                answer = await answer_for(store, self._entry, start, self._given)
                if answer is None and self._is_over(start, say):
                    await store.ledger.note(self._id, start.task_state)
                    return await self._result(store)
                run = await self._begin(store)
                return await self._kept(store, run, self._drive(store, start, answer, say), say)

    async def _is_cancelled(self, store: Store) -> bool:
        """A wish to cancel that came while nobody ran the task is carried out now."""
        entry = await store.ledger.find(self._id)
        cancelled = entry is not None and entry.state == "cancelled"
        if not cancelled and await store.ledger.cancel_requested(self._id) is None:
            return False
        if self._reopen:
            await store.ledger.reopen(self._id, by=await asyncio.to_thread(who))
            return False
        return cancelled or await end_cancelled(self._house.settings, store, self._entry)

    def _is_over(self, start: Position, say: Listener) -> bool:
        """Whether there is nothing to run without an answer; an open question is told."""
        if start.question is not None:
            say(self._event("interrupted", state="awaiting_human", message=asks(start.question)))
            return True
        return start.state is not None and bool(start.state.outcome)

    async def _begin(self, store: Store) -> int:
        """No run is left open by whoever is cancelled just here."""
        by = await asyncio.to_thread(who)
        beginning = asyncio.ensure_future(store.ledger.begin(self._id, by=by))
        try:
            await settle(beginning)
        except asyncio.CancelledError:
            if beginning.exception() is None:
                await self._broken_off(store, beginning.result(), "cancelled", "stopped at once")
            raise
        return beginning.result()

    # While it runs

    async def _drive(
        self, store: Store, start: Position, answer: Answer | None, say: Listener
    ) -> RunMetrics | None:
        """The graph with all that it reaches; the machine's figures during it."""
        house, task = self._house, self._entry.task
        runner = await house.sandbox()
        ports = open_context(house.settings, store, runner=runner, telemetry=house.sidecar)
        async with ports as context:
            await store.workspace.sweep()
            await asyncio.to_thread(self._log.begin, task.goal)
            observed = house.sidecar.run(
                trace_id=uuid.uuid4().hex,
                task_id=task.id,
                conversation_id=task.id,
                risk=task.risk,
                area=task.area,
                priority=task.priority,
            )
            with observed as scope:
                run = Run(store, context, self._entry, control=self._control)
                await self._heard(run, start, answer, scope, say)
            return scope.metrics if scope is not None else None

    async def _heard(
        self,
        run: Run,
        start: Position,
        answer: Answer | None,
        scope: RunScope | None,
        say: Listener,
    ) -> None:
        """What a run says, for the sidecar, the log and whoever listens."""
        callbacks = [scope.handler] if scope is not None else []
        try:
            async with aclosing(run.events(start, answer, callbacks)) as events:
                async for event in events:
                    if scope is not None:
                        scope.put("events", row_of(event))
                    await asyncio.to_thread(self._log.add, event)
                    say(event)
        finally:
            if scope is not None and (self._wanted is not None or run.state is not None):
                scope.outcome("cancelled" if self._wanted is not None else str(run.state))

    async def _watched(
        self, store: Store, work: Coroutine[Any, Any, RunMetrics | None]
    ) -> RunMetrics | None:
        """Run to the end, or until somebody wants the task to be cancelled: then it is ended at
        once, with every process that it started."""
        running = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({running}, timeout=POLL_S))[0]:
                with suppress(GatewrightError):  # it cannot be read now: look again
                    self._wanted = await store.ledger.cancel_requested(self._id)
                if self._wanted is not None:
                    break
        finally:
            running.cancel()
            await settle(running)
        return running.result()

    # How it ends

    async def _kept(
        self,
        store: Store,
        run: int,
        work: Coroutine[Any, Any, RunMetrics | None],
        say: Listener,
    ) -> TaskResult:
        try:
            metrics = await self._watched(store, work)
        except asyncio.CancelledError:
            if self._wanted is None:
                await self._broken_off(store, run, "cancelled", "stopped at once")
                raise
            return await self._cancelled(store, run, say)
        except Exception as error:
            known = isinstance(error, GatewrightError)
            said = redact(str(error) if known else f"{type(error).__name__}: {error}").text
            with suppress(*_UNKEPT):
                at = await position(compiled(store), self._id)
                await store.ledger.note(self._id, at.task_state, said)
            await self._broken_off(store, run, "error", said)
            raise
        result = (await self._result(store)).model_copy(update={"metrics": metrics})
        asked = result.state != "awaiting_human" or result.question is not None
        how = _ENDS.get(result.state, "drained") if asked else "drained"
        await store.ledger.finish(run, how)
        await asyncio.to_thread(self._log.end, result)
        with suppress(*_UNKEPT):
            await thin(self._house.settings.home, store, self._id)
        return result

    async def _cancelled(self, store: Store, run: int, say: Listener) -> TaskResult:
        if await end_cancelled(self._house.settings, store, self._entry):
            say(self._event("state_changed", state="cancelled"))
        await store.ledger.finish(run, "cancelled", self._wanted or "")
        result = await self._result(store)
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # the caller wants it to end as well
            raise asyncio.CancelledError
        return result

    async def _broken_off(self, store: Store, run: int, how: RunEnd, said: str) -> None:
        with suppress(*_UNKEPT):
            await store.ledger.finish(run, how, said)
        await asyncio.to_thread(self._log.break_off, "cancelled" if how == "cancelled" else said)

    async def _result(self, store: Store) -> TaskResult:
        entry = await store.ledger.find(self._id)
        return await read_result(compiled(store), entry or self._entry, log=self._log.path)

    def _event(self, kind: Any, **more: Any) -> Event:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Event(kind=kind, task_id=self._id, at=now, **more)
