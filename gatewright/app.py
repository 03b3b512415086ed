"""The Python API: run tasks, see where they stand, answer their questions.

from gatewright.app import Gatewright

gatewright = Gatewright()
result = gatewright.run(goal="Fix the paging bug", repo="~/src/shop")
print(result.state, result.branch)
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from langgraph.runtime import RunControl

from gatewright.composition import (
    Store,
    close_sidecar,
    open_context,
    open_runner,
    open_sidecar,
    open_store,
)
from gatewright.domain.entry import Entry
from gatewright.domain.errors import GatewrightError, InputError
from gatewright.domain.events import Event
from gatewright.domain.human import Answer, Choice
from gatewright.domain.intake import make_answer, make_task
from gatewright.domain.ports import Runner
from gatewright.domain.result import TaskResult
from gatewright.domain.secret_forms import redact
from gatewright.domain.task import Budget, Site, Task
from gatewright.names import check_names
from gatewright.results import read_result
from gatewright.running import Develop, Run, compiled
from gatewright.settings import Settings, load_settings
from gatewright.storage.locks import hold_task
from gatewright.telemetry.events import row_of
from gatewright.telemetry.query import run_sql
from gatewright.telemetry.report import TaskReport, report
from gatewright.telemetry.run_log import RunLog
from gatewright.telemetry.scope import RunScope
from gatewright.telemetry.segments import export
from gatewright.waiting import wait
from graph.context import Context
from graph.develop import build

Listener = Callable[[Event], None]


@dataclass
class _Ending:
    """What a run came to, once it has."""

    result: TaskResult | None = None


class Gatewright:
    """Gatewright on one home folder.

    Every method has a coroutine beside it whose name starts with `a`; the plain ones may be called
    anywhere, in a notebook as well.
    """

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """`flags` are settings by name, before environment and file.

        Raises: InputError for a bad setting; NameCollision.
        """
        check_names()
        self.settings = settings or load_settings(**flags)
        self._sidecar = open_sidecar(self.settings, user=self)
        self._runner: Runner | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write out what the sidecar holds; closed unless others use it. Safe to call twice."""
        close_sidecar(self._sidecar, user=self)

    @property
    def graph(self) -> Develop:
        """The develop graph without checkpoints, to be drawn."""
        return build().compile(name="develop")

    # Running

    def run(
        self,
        task: Task | Mapping[str, Any] | None = None,
        /,
        *,
        on_event: Listener | None = None,
        **fields: Any,
    ) -> TaskResult:
        """Accept a task, or find it, and run it as far as it goes: done, failed, or a question.

        Raises: InputError, EnvironmentFault, ModelFault; whatever happens, the same call goes on
        from where it stopped.
        """
        return wait(self.arun(task, on_event=on_event, **fields))

    async def arun(
        self,
        task: Task | Mapping[str, Any] | None = None,
        /,
        *,
        on_event: Listener | None = None,
        control: RunControl | None = None,
        **fields: Any,
    ) -> TaskResult:
        """See `run`; `control.request_drain()` stops it at the next safe point."""
        entry = await self.aaccept(task, **fields)
        return await self._finish(entry, None, control, on_event)

    async def stream(
        self,
        task: Task | Mapping[str, Any] | None = None,
        /,
        *,
        control: RunControl | None = None,
        **fields: Any,
    ) -> AsyncGenerator[Event]:
        """Run a task and yield what happens; `astate` has the result afterwards.

        Whoever stops listening before the end closes it: `async with aclosing(stream)`.
        """
        entry = await self.aaccept(task, **fields)
        async with aclosing(self._go(entry, None, control, _Ending())) as events:
            async for event in events:
                yield event

    def resume(
        self,
        task_id: str,
        action: Choice | None = None,
        *,
        note: str = "",
        budget: Budget | Mapping[str, Any] | None = None,
        on_event: Listener | None = None,
    ) -> TaskResult:
        """Go on with a task; with an action, answer the question that it asks.

        Raises: InputError for an unknown task, or an answer that nobody asked for.
        """
        return wait(self.aresume(task_id, action, note=note, budget=budget, on_event=on_event))

    async def aresume(
        self,
        task_id: str,
        action: Choice | None = None,
        *,
        note: str = "",
        budget: Budget | Mapping[str, Any] | None = None,
        on_event: Listener | None = None,
        control: RunControl | None = None,
    ) -> TaskResult:
        """See `resume`."""
        entry = await self._entry(task_id)
        answer = None if action is None else make_answer(action, note, budget)
        return await self._finish(entry, answer, control, on_event)

    async def aaccept(
        self, task: Task | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Entry:
        """Check a task and keep it in the ledger, before anything of it runs.

        Raises: InputError naming the field, the value and the fix.
        """
        given = task.model_dump() if isinstance(task, Task) else dict(task or {})
        raw = {**given, **fields}
        async with open_store(self.settings) as store:
            known = await store.ledger.find(str(raw["id"])) if raw.get("id") else None
            if known is not None:
                return await store.ledger.accept(await _absolute(raw), known.base_commit)
            named = "unnamed" if raw.get("id") is None else raw["id"]
            checked = await _absolute({**raw, "id": named})
            base = await store.workspace.resolve(checked.repo, checked.base)
            if raw.get("id") is None:
                content = checked.model_dump(mode="json", exclude={"id"})
                checked = make_task(content, base_commit=base)
            return await store.ledger.accept(checked, base)

    # Looking

    def state(self, task_id: str) -> TaskResult:
        """Where a task stands. Raises: InputError for an unknown task."""
        return wait(self.astate(task_id))

    async def astate(self, task_id: str) -> TaskResult:
        """See `state`."""
        entry = await self._entry(task_id)
        async with open_store(self.settings) as store:
            return await self._result(store, entry)

    def tasks(self) -> Sequence[Entry]:
        """Every task, newest first, in the state in which it was last seen."""
        return wait(self.atasks())

    async def atasks(self) -> Sequence[Entry]:
        """See `tasks`."""
        async with open_store(self.settings) as store:
            return await store.ledger.entries()

    def diff(self, task_id: str) -> str:
        """The unified diff from the base to what the task has come to; empty before any change."""
        return wait(self.adiff(task_id))

    async def adiff(self, task_id: str) -> str:
        """See `diff`."""
        return await self._with_commit(task_id, _diff)

    def deliver(self, task_id: str, branch: str) -> str:
        """Make another branch at a finished task's commit; returns the commit.

        Raises: InputError when the task is not done; WorkspaceError when the branch is elsewhere.
        """
        return wait(self.adeliver(task_id, branch))

    async def adeliver(self, task_id: str, branch: str) -> str:
        """See `deliver`."""
        return await self._with_commit(task_id, partial(_deliver, branch=branch))

    def report(self, task_id: str) -> TaskReport:
        """Time, tokens and cost of a task by node, from the sidecar's database."""
        self._sidecar.flush()
        return report(self._telemetry, task_id)

    def query(
        self, sql: str, /, *, limit: int = 100_000, timeout_s: float = 30.0, **values: Any
    ) -> list[dict[str, Any]]:
        """Rows of one query on the sidecar's tables and `v_` views (docs/telemetry.md), read only.

        `values` stand for `$name` in it. Raises: InputError for a query that will not do;
        EnvironmentFault when it takes longer than `timeout_s`.
        """
        self._sidecar.flush()
        found = run_sql(self._telemetry, sql, limit=limit, timeout_s=timeout_s, values=values)
        return found.dicts()

    def export(self, folder: Path | str, *tables: str) -> int:
        """Write the sidecar's tables, or those named, as Parquet files; how many rows.

        Raises: InputError for a name that is no table or view; OSError.
        """
        self._sidecar.flush()
        return export(self._telemetry, Path(folder), tables=tables or None)

    @property
    def _telemetry(self) -> Path:
        return self.settings.home / "telemetry"

    # Below the API

    async def _go(
        self, entry: Entry, answer: Answer | None, control: RunControl | None, ending: _Ending
    ) -> AsyncGenerator[Event]:
        async with self._opened(entry) as (store, context):
            log = RunLog(self.settings.home / "runs", entry.task.id)
            await asyncio.to_thread(log.begin, entry.task.goal)
            try:
                with self._observed(entry) as scope:
                    run = Run(store, context, entry, control=control or RunControl())
                    events = self._events(run, answer, scope)
                    async with aclosing(events):
                        async for event in events:
                            await asyncio.to_thread(log.add, event)
                            yield event
            except GatewrightError as error:
                where = await read_result(compiled(store), entry, log=log.path)
                said = redact(str(error)).text
                await store.ledger.note(entry.task.id, where.state, said)
                await asyncio.to_thread(log.break_off, said)
                raise
            except (asyncio.CancelledError, GeneratorExit):
                await asyncio.to_thread(log.break_off, "cancelled")
                raise
            except Exception as error:
                await asyncio.to_thread(log.break_off, f"{type(error).__name__}: {error}")
                raise
            result = await read_result(compiled(store), entry, log=log.path)
            ending.result = result.model_copy(update={"metrics": scope and scope.metrics})
            await asyncio.to_thread(log.end, ending.result)

    async def _events(
        self, run: Run, answer: Answer | None, scope: RunScope | None
    ) -> AsyncGenerator[Event]:
        """What a run says, kept in the sidecar as well."""
        try:
            async with aclosing(run.events(answer, [scope.handler] if scope else [])) as events:
                async for event in events:
                    if scope is not None:
                        scope.put("events", row_of(event))
                    yield event
        finally:
            if scope is not None and run.state is not None:
                scope.outcome(run.state)

    @asynccontextmanager
    async def _opened(self, entry: Entry) -> AsyncIterator[tuple[Store, Context]]:
        """The lock and the ports of one run."""
        async with AsyncExitStack() as stack:
            locks = self.settings.home / "locks"
            await stack.enter_async_context(hold_task(locks, entry.task.id))
            store = await stack.enter_async_context(open_store(self.settings))
            runner = await self._sandbox()
            context = await stack.enter_async_context(
                open_context(self.settings, store, runner=runner, telemetry=self._sidecar)
            )
            await store.workspace.sweep()
            yield store, context

    def _observed(self, entry: Entry) -> AbstractContextManager[RunScope | None]:
        """The sidecar's side of one run."""
        task = entry.task
        return self._sidecar.run(
            trace_id=uuid.uuid4().hex,
            task_id=task.id,
            conversation_id=task.id,
            risk=task.risk,
            area=task.area,
            priority=task.priority,
        )

    async def _finish(
        self,
        entry: Entry,
        answer: Answer | None,
        control: RunControl | None,
        on_event: Listener | None,
    ) -> TaskResult:
        ending = _Ending()
        async with aclosing(self._go(entry, answer, control, ending)) as events:
            async for event in events:
                if on_event is not None:
                    on_event(event)
        return ending.result or await self.astate(entry.task.id)

    async def _result(self, store: Store, entry: Entry) -> TaskResult:
        log = self.settings.home / "runs" / f"{entry.task.id}.md"
        return await read_result(compiled(store), entry, log=log)

    async def _entry(self, task_id: str) -> Entry:
        async with open_store(self.settings) as store:
            entry = await store.ledger.find(task_id)
        if entry is None:
            raise InputError("task", task_id, "is not known", "`gatewright list` shows all tasks.")
        return entry

    async def _with_commit(
        self, task_id: str, use: Callable[[Store, Entry, TaskResult], Coroutine[Any, Any, str]]
    ) -> str:
        entry = await self._entry(task_id)
        async with open_store(self.settings) as store:
            return await use(store, entry, await self._result(store, entry))

    async def _sandbox(self) -> Runner:
        if self._runner is None:
            self._runner = await open_runner(self.settings)
        return self._runner


async def _diff(store: Store, entry: Entry, result: TaskResult) -> str:
    commit = result.question.commit if result.question else result.commit
    if commit is None:
        return ""
    return await store.workspace.diff(_site(entry), commit)


async def _deliver(store: Store, entry: Entry, result: TaskResult, *, branch: str) -> str:
    if result.state != "done" or result.commit is None:
        raise InputError(
            "task", entry.task.id, f"is {result.state}, not done", "Deliver it when it is done."
        )
    await store.workspace.deliver(_site(entry), result.commit, branch)
    return result.commit


def _site(entry: Entry) -> Site:
    return Site(task_id=entry.task.id, repo=entry.task.repo, base_commit=entry.base_commit)


async def _absolute(raw: Mapping[str, Any]) -> Task:
    task = make_task(raw)
    return task.model_copy(update={"repo": await asyncio.to_thread(task.repo.resolve)})
