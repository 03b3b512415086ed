"""The Python API: run tasks, see where they stand, answer their questions.

from gatewright.app import Gatewright

gatewright = Gatewright()
result = gatewright.run(goal="Fix the paging bug", repo="~/src/shop")
print(result.state, result.branch)
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import RunControl

from gatewright.composition import Store, open_context, open_runner, open_store
from gatewright.domain.entry import Entry
from gatewright.domain.errors import GatewrightError
from gatewright.domain.events import Event
from gatewright.domain.human import Answer, Choice
from gatewright.domain.intake import make_answer, make_task
from gatewright.domain.ports import Runner
from gatewright.domain.result import TaskResult
from gatewright.domain.secret_forms import redact
from gatewright.domain.task import Budget, Task
from gatewright.home import Home
from gatewright.results import read_result
from gatewright.running import Develop, Run, compiled
from gatewright.settings import Settings
from gatewright.storage.locks import hold_task
from gatewright.telemetry.events import row_of
from gatewright.telemetry.run_log import RunLog
from gatewright.telemetry.scope import RunScope
from gatewright.waiting import wait
from graph.context import Context
from graph.develop import build

Listener = Callable[[Event], None]


@dataclass
class _Ending:
    """What a run came to, once it has."""

    result: TaskResult | None = None


class Gatewright(Home):
    """Gatewright on one home folder.

    Every method has a coroutine beside it whose name starts with `a`; the plain ones may be called
    anywhere, in a notebook as well.
    """

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """`flags` are settings by name, before environment and file.

        Raises: InputError for a bad setting; NameCollision.
        """
        super().__init__(settings, **flags)
        self._runner: Runner | None = None

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

    # In a run

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

    async def _sandbox(self) -> Runner:
        if self._runner is None:
            self._runner = await open_runner(self.settings)
        return self._runner


async def _absolute(raw: Mapping[str, Any]) -> Task:
    task = make_task(raw)
    return task.model_copy(update={"repo": await asyncio.to_thread(task.repo.resolve)})
