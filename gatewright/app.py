"""The Python API: run tasks, see where they stand, answer their questions.

from gatewright.app import Gatewright

gatewright = Gatewright()
result = gatewright.run(goal="Fix the paging bug", repo="~/src/shop")
print(result.state, result.branch)
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langgraph.runtime import RunControl

from gatewright.domain.entry import Entry
from gatewright.domain.errors import ThreadBusy
from gatewright.domain.events import Event
from gatewright.domain.finishing import settle
from gatewright.domain.human import Choice
from gatewright.domain.intake import make_answer, make_task
from gatewright.domain.ports import Runner
from gatewright.domain.result import TaskResult
from gatewright.domain.task import Budget, Task
from gatewright.home import Home
from gatewright.learning import judging
from gatewright.learning.judging import Judged, Word
from gatewright.sandbox_setup import open_runner
from gatewright.settings import Settings
from gatewright.store import open_store
from gatewright.tasks import overview, reviewing
from gatewright.tasks.answering import Given, waits
from gatewright.tasks.jobs import Ended, run_each, urgent_first
from gatewright.tasks.keeping import bury, end_cancelled, holding
from gatewright.tasks.overview import Overview
from gatewright.tasks.reviewing import ReviewQueue
from gatewright.tasks.turn import House, Listener, Turn
from gatewright.upkeep.freed import Freed
from gatewright.upkeep.housekeeping import agc, agc_daily
from gatewright.waiting import wait
from gatewright.who import who
from graph.develop import build

if TYPE_CHECKING:
    from gatewright.tasks.running import Develop

_OVER = ("done", "failed", "cancelled")
CANCEL_S = 30.0
"""How long `cancel` waits for the process that runs the task to have ended it."""


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
    def graph(self) -> "Develop":
        """The develop graph without checkpoints, to be drawn."""
        return build().compile(name="develop")

    # One task

    def run(
        self,
        task: Task | Mapping[str, Any] | None = None,
        /,
        *,
        on_event: Listener | None = None,
        **fields: Any,
    ) -> TaskResult:
        """Accept a task, or find it, and run it as far as it goes: done, failed, or a question.

        A task that was cancelled stays so: `resume` opens it again.
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
        return await self.arun_entry(entry, on_event=on_event, control=control)

    async def arun_entry(
        self,
        entry: Entry,
        *,
        on_event: Listener | None = None,
        control: RunControl | None = None,
    ) -> TaskResult:
        """`arun` of a task that was accepted before."""
        return await Turn(self._house, entry, control=control).go(on_event or _nobody)

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
        heard: asyncio.Queue[Event | None] = asyncio.Queue()
        turn = Turn(self._house, entry, control=control)
        running = asyncio.ensure_future(turn.go(heard.put_nowait))
        running.add_done_callback(lambda _: heard.put_nowait(None))
        try:
            while (event := await heard.get()) is not None:
                yield event
        finally:
            running.cancel()
            await settle(running)
            if not running.cancelled():
                running.exception()  # looked at, for whoever has stopped listening
        running.result()

    def resume(
        self,
        task_id: str,
        action: Choice | None = None,
        *,
        note: str = "",
        budget: Budget | Mapping[str, Any] | None = None,
        plan: Mapping[str, Any] | None = None,
        diff: str = "",
        interrupt_id: str | None = None,
        on_event: Listener | None = None,
    ) -> TaskResult:
        """Go on with a task, a cancelled one as well; with an action, answer its question.

        `plan` or `diff` go with the action `edit`. An answer is kept before anything comes of it,
        and taken once: with `interrupt_id`, only for that question (`TaskResult.interrupt_id`).
        Raises: InputError for an unknown task, or an answer that nobody asked for, that is no
        choice or that comes too late; otherwise as `run`.
        """
        return wait(
            self.aresume(
                task_id,
                action,
                note=note,
                budget=budget,
                plan=plan,
                diff=diff,
                interrupt_id=interrupt_id,
                on_event=on_event,
            )
        )

    async def aresume(
        self,
        task_id: str,
        action: Choice | None = None,
        *,
        note: str = "",
        budget: Budget | Mapping[str, Any] | None = None,
        plan: Mapping[str, Any] | None = None,
        diff: str = "",
        interrupt_id: str | None = None,
        on_event: Listener | None = None,
        control: RunControl | None = None,
    ) -> TaskResult:
        """See `resume`."""
        entry = await self._entry(task_id)
        given = None
        if action is not None:
            answer = make_answer(action, note, budget, plan=plan, diff=diff)
            by = await asyncio.to_thread(who)
            given = Given(answer=answer, by=by, interrupt_id=interrupt_id)
        turn = Turn(self._house, entry, given=given, control=control, reopen=True)
        return await turn.go(on_event or _nobody)

    def cancel(self, task_id: str, reason: str = "") -> TaskResult:
        """End a task: the process that runs it, wherever on this home, ends it within a second,
        with every process that it started; its worktree goes, its commits stay.

        It is `cancelled` from then on, until `resume`. Raises: InputError for a task that is over
        or not known.
        """
        return wait(self.acancel(task_id, reason))

    async def acancel(
        self, task_id: str, reason: str = "", *, timeout_s: float = CANCEL_S
    ) -> TaskResult:
        """See `cancel`; after `timeout_s` it is no longer waited for, but still wanted."""
        entry = await self._entry(task_id)
        async with open_store(self.settings) as store:
            by = await asyncio.to_thread(who)
            await store.ledger.request_cancel(task_id, by=by, reason=reason)
        ends = asyncio.get_running_loop().time() + timeout_s
        while asyncio.get_running_loop().time() < ends:
            try:
                async with holding(self.settings, task_id) as store:
                    if await store.ledger.cancel_requested(task_id) is not None:
                        await end_cancelled(self.settings, store, entry)
                    break
            except ThreadBusy:
                await asyncio.sleep(0.1)  # the process that runs it looks now and then
        return await self.astate(task_id)

    # Several tasks

    def resume_all(self, *, jobs: int = 1, on_event: Listener | None = None) -> tuple[Ended, ...]:
        """Go on with every task that can go on without a person: what was stopped or killed, and
        what was answered; `jobs` at a time, the most urgent first.

        Reviews that nobody answered in time are dealt with first, as `review.on_timeout` says.
        What ends one task is in its `Ended` and ends no other.
        """
        return wait(self.aresume_all(jobs=jobs, on_event=on_event))

    async def aresume_all(
        self,
        *,
        jobs: int = 1,
        on_event: Listener | None = None,
        control: RunControl | None = None,
    ) -> tuple[Ended, ...]:
        """See `resume_all`; `control` stops them all. Keeps house afterwards, once a day."""
        one = control or RunControl()
        ended = await self.arun_each(
            await self.aresumable(), jobs=jobs, on_event=on_event, control=one
        )
        await agc_daily(self.settings)
        return ended

    async def arun_each(
        self,
        entries: Sequence[Entry],
        *,
        jobs: int = 1,
        on_event: Listener | None = None,
        control: RunControl | None = None,
    ) -> tuple[Ended, ...]:
        """Run accepted tasks, `jobs` at a time, the most urgent first; `control` stops them all."""
        one = control or RunControl()

        async def run(entry: Entry) -> TaskResult:
            return await self.arun_entry(entry, on_event=on_event, control=one)

        return await run_each(
            urgent_first(entries), run, jobs=jobs, stopped=lambda: one.drain_requested
        )

    async def aresumable(self) -> tuple[Entry, ...]:
        """The tasks that `resume_all` goes on with."""
        await self.aexpire_reviews()
        async with open_store(self.settings) as store:
            await bury(self.settings, store)
            open_ones = [e for e in await store.ledger.entries() if e.state not in _OVER]
            return tuple(urgent_first([e for e in open_ones if not await waits(store, e)]))

    async def aaccept(
        self, task: Task | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Entry:
        """Check a task and keep it in the ledger, before anything of it runs.

        Raises: InputError naming the field, the value and the fix.
        """
        given = task.model_dump() if isinstance(task, Task) else dict(task or {})
        raw = {**given, **fields}
        by = await asyncio.to_thread(who)
        async with open_store(self.settings) as store:
            known = await store.ledger.find(str(raw["id"])) if raw.get("id") else None
            if known is not None:
                return await store.ledger.accept(await _absolute(raw), known.base_commit, by=by)
            named = "unnamed" if raw.get("id") is None else raw["id"]
            checked = await _absolute({**raw, "id": named})
            base = await store.workspace.resolve(checked.repo, checked.base)
            if raw.get("id") is None:
                content = checked.model_dump(mode="json", exclude={"id"})
                checked = make_task(content, base_commit=base)
            return await store.ledger.accept(checked, base, by=by)

    # Keeping an eye on it

    def review_queue(self) -> ReviewQueue:
        """Every question that waits for a person, the most urgent first."""
        return wait(self.areview_queue())

    async def areview_queue(self) -> ReviewQueue:
        """See `review_queue`."""
        return await reviewing.review_queue(self.settings)

    def summary(self) -> Overview:
        """Totals, what runs, what waits for a person, what it cost."""
        return wait(self.asummary())

    async def asummary(self) -> Overview:
        """See `summary`."""
        return await overview.overview(self.settings)

    def judge(self, task_id: str, word: Word, *, note: str = "") -> Judged:
        """What became of a delivered task: `reverted`, `bad` or `good`; the router learns it.

        Raises: InputError for a task that was not delivered, or of which it cannot be so.
        """
        return wait(self.ajudge(task_id, word, note=note))

    async def ajudge(self, task_id: str, word: Word, *, note: str = "") -> Judged:
        """See `judge`."""
        return await judging.ajudge(self.settings, task_id, word, note=note)

    def gc(self, *, dry_run: bool = False) -> Freed:
        """Remove what tasks that are over left behind, by `retention`."""
        return wait(self.agc(dry_run=dry_run))

    async def agc(self, *, dry_run: bool = False) -> Freed:
        """See `gc`."""
        return await agc(self.settings, dry_run=dry_run)

    # Below the API

    @property
    def _house(self) -> House:
        return House(settings=self.settings, sidecar=self._sidecar, sandbox=self._sandbox)

    async def _sandbox(self) -> Runner:
        if self._runner is None:
            self._runner = await open_runner(self.settings)
        return self._runner


async def _absolute(raw: Mapping[str, Any]) -> Task:
    task = make_task(raw)
    return task.model_copy(update={"repo": await asyncio.to_thread(task.repo.resolve)})


def _nobody(event: Event) -> None:
    """Where nobody listens."""
