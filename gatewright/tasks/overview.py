"""All tasks of a home at a glance: how many, what is under way, what they cost."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from gatewright.domain.entry import Entry, OpenRun
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Frozen
from gatewright.domain.task import Priority, TaskState
from gatewright.settings import Settings
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.processes import is_gone
from gatewright.storage.purse import SqlPurse
from gatewright.store import Store, open_ledger, open_store
from gatewright.tasks.reviewing import OVER, ReviewQueue, all_over, review_queue
from gatewright.tasks.running import compiled, position
from nodes.money import Spent

if TYPE_CHECKING:
    from gatewright.tasks.running import Develop

Standing = Literal["accepted", "running", "stopped", "killed"]
"""Of a task that is not over: never begun, run by a process, at rest, or left by one that died."""

_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


class Active(Frozen):
    """A task that is not over and asks nobody."""

    task_id: str
    goal: str
    state: TaskState
    standing: Standing
    priority: Priority
    since: str
    """UTC, ISO 8601: when the run began, or the task was last seen."""
    process: str = ""
    """Who runs it, or left it: `process 123 on host, for user@host`."""
    runs: int = 0
    step: int | None = None
    """1-based."""
    steps: int | None = None
    attempts: int = 0
    """Implementations so far."""
    cost_usd: float | None = None
    """None when some call's price is not known."""
    tokens: int = 0
    cancel: str | None = None
    """The reason, perhaps empty, for which somebody wants it cancelled."""
    detail: str = ""
    """Why it stopped, where it stopped with an error."""


class Costs(Frozen):
    """Spent and set aside by all tasks, in USD; days and months are UTC."""

    today_usd: float
    month_usd: float
    all_usd: float
    """Since the home's first call, as far as the records are kept."""
    day_limit_usd: float | None = None
    month_limit_usd: float | None = None


class Overview(Frozen):
    """Everything at a glance."""

    tasks: int
    states: dict[TaskState, int]
    """How many are in each; states without a task are left out."""
    active: tuple[Active, ...]
    review: ReviewQueue
    costs: Costs


class _Runner(NamedTuple):
    run: OpenRun
    alive: bool


async def overview(settings: Settings) -> Overview:
    """Totals, what is under way, who waits for a person, what it cost. Raises: EnvironmentFault."""
    queue = await review_queue(settings)
    asking = {one.task_id for one in queue.waiting}
    async with open_ledger(settings) as ledger:
        entries = await ledger.entries()
    states = Counter("awaiting_human" if e.task.id in asking else e.state for e in entries)
    return Overview(
        tasks=len(entries),
        states=dict(states.most_common()),
        active=await active_tasks(settings),
        review=queue,
        costs=await costs(settings),
    )


async def active_tasks(settings: Settings) -> tuple[Active, ...]:
    """What is not over and asks nobody: first what runs, then the rest, newest first.

    Raises: EnvironmentFault.
    """
    if await all_over(settings):
        return ()
    async with open_store(settings) as store:
        graph = compiled(store)
        runners = await _runners(store.ledger)
        found = [
            await _active(store, graph, entry, runners.get(entry.task.id))
            for entry in await store.ledger.entries()
            if entry.state not in OVER
        ]
    there = [one for one in found if one is not None]
    return tuple(sorted(there, key=lambda one: one.standing != "running"))


async def is_running(settings: Settings, task_id: str) -> bool:
    """Whether a process that may be alive runs the task now."""
    async with open_ledger(settings) as ledger:
        runner = (await _runners(ledger)).get(task_id)
    return runner is not None and runner.alive


async def costs(settings: Settings) -> Costs:
    """What the home's tasks have cost. Raises: EnvironmentFault."""
    async with open_database(settings.home / "state.sqlite") as database:
        now = await SqlPurse(database, day_usd=None, month_usd=None).spent_usd()
        purse = SqlPurse(database, day_usd=None, month_usd=None, now=lambda: _ALWAYS)
        ever = await purse.spent_usd()
    return Costs(
        today_usd=now.day_usd,
        month_usd=now.month_usd,
        all_usd=ever.month_usd,
        day_limit_usd=settings.budget.day_usd,
        month_limit_usd=settings.budget.month_usd,
    )


async def _runners(ledger: Ledger) -> dict[str, _Runner]:
    """By task, the newest run without an end."""
    return {
        run.task_id: _Runner(run, not await asyncio.to_thread(is_gone, run.process))
        for run in await ledger.open_runs()
    }


async def _active(
    store: Store, graph: "Develop", entry: Entry, runner: _Runner | None
) -> Active | None:
    running = runner is not None and runner.alive
    try:
        now = await position(graph, entry.task.id)
    except EnvironmentFault:
        return None  # the review queue names it
    if now.question is not None and not running:
        return None
    state, task_state = now.state, now.task_state if now.state is not None else entry.state
    spent = Spent.model_validate(state.spent if state is not None else {})
    steps = len(state.plan["steps"]) if state is not None and state.plan else None
    return Active(
        task_id=entry.task.id,
        goal=entry.task.goal,
        state=task_state,
        standing=_standing(entry, runner),
        priority=entry.task.priority,
        since=runner.run.began_at if runner else entry.seen_at,
        process=_named(runner.run) if runner else "",
        runs=entry.runs,
        step=min(state.step + 1, steps) if state is not None and steps else None,
        steps=steps,
        attempts=sum(state.attempts.values()) if state is not None else 0,
        cost_usd=spent.total_usd(),
        tokens=spent.input_tokens + spent.output_tokens,
        cancel=await store.ledger.cancel_requested(entry.task.id),
        detail=entry.detail,
    )


def _standing(entry: Entry, runner: _Runner | None) -> Standing:
    if runner is None:
        return "stopped" if entry.runs else "accepted"
    return "running" if runner.alive else "killed"


def _named(run: OpenRun) -> str:
    whom = f", for {run.by}" if run.by else ""
    return f"process {run.process.pid} on {run.process.host}{whom}"
