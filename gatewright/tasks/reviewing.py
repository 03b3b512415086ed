"""The review queue: the tasks that ask a person, each with its question."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Frozen
from gatewright.domain.human import Answer, Question, Stop
from gatewright.domain.task import Priority, Risk, Site
from gatewright.settings import Settings
from gatewright.storage.locks import hold_task
from gatewright.store import Store, entry_of, open_ledger, open_store
from gatewright.tasks.answering import Given, answer_for
from gatewright.tasks.running import compiled, position
from gatewright.who import who
from graph.state import RunState

if TYPE_CHECKING:
    from gatewright.tasks.running import Develop

About = Literal["plan", "change", "gate", "budget", "answer"]
"""What a question is about, and so what a person may edit: a plan, or else a change."""

OVER = frozenset({"done", "failed", "cancelled"})
_PLANNING = ("planner", "plan_reviewer")
_STATUS = {
    "plan_approval": "approved by the reviewer, waits for yours",
    "no_edit_applies": "no edit applies",
    "gate_failed": "the gate failed",
    "stuck": "goes in circles",
    "budget": "the budget is used up",
    "bad_answer": "no usable answer",
}


class Waiting(Frozen):
    """One task in the queue."""

    task_id: str
    goal: str
    repo: str
    risk: Risk
    priority: Priority
    question_id: str
    """Of LangGraph's interrupt: an answer names it, so that no other question gets it."""
    question: Question
    about: About
    status: str
    """Of its review, in a few words."""
    since: str
    """UTC, ISO 8601."""
    answered: Answer | None = None
    """What somebody has answered, where it is recorded and the task has not gone on yet."""


class Unreadable(Frozen):
    """A task of which nobody can say where it stands, such as one of another version."""

    task_id: str
    problem: str


class ReviewQueue(Frozen):
    """Every task that asks a person: the most urgent first, then who has waited longest."""

    waiting: tuple[Waiting, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


async def review_queue(settings: Settings) -> ReviewQueue:
    """Who waits for a person, in this home. Raises: EnvironmentFault."""
    waiting: list[Waiting] = []
    unreadable: list[Unreadable] = []
    if await all_over(settings):
        return ReviewQueue()
    async with open_store(settings) as store:
        graph = compiled(store)
        for entry in await store.ledger.entries():
            if entry.state in OVER:
                continue
            try:
                one = await _waiting(store, graph, entry)
            except EnvironmentFault as fault:
                unreadable.append(Unreadable(task_id=entry.task.id, problem=str(fault)))
            else:
                waiting += [one] if one is not None else []
    return ReviewQueue(waiting=tuple(sorted(waiting, key=_urgency)), unreadable=tuple(unreadable))


async def all_over(settings: Settings) -> bool:
    """Whether every task is over: then no graph need be imported to ask where one stands.

    Raises: EnvironmentFault.
    """
    async with open_ledger(settings) as ledger:
        return all(entry.state in OVER for entry in await ledger.entries())


async def waiting_task(settings: Settings, task_id: str) -> Waiting | None:
    """The question of one task; None when it asks nothing.

    Raises: InputError for an unknown task; EnvironmentFault.
    """
    async with open_store(settings) as store:
        entry = await entry_of(store.ledger, task_id)
        return await _waiting(store, compiled(store), entry)


async def record(settings: Settings, one: Waiting, answer: Answer) -> None:
    """Keep an answer to this very question; whoever resumes the task applies it.

    Raises: InputError when it was answered before, is not asked any more, or this is no choice;
    ThreadBusy; EnvironmentFault.
    """
    by = await asyncio.to_thread(who)
    async with hold_task(settings.home / "locks", one.task_id), open_store(settings) as store:
        entry = await entry_of(store.ledger, one.task_id)
        start = await position(compiled(store), one.task_id)
        await answer_for(
            store, entry, start, Given(answer=answer, by=by, interrupt_id=one.question_id)
        )


async def proposal(settings: Settings, one: Waiting) -> str:
    """The whole change that a question is about, as the diff that an edit would give in its place.

    It is the repository's own text: secrets in it are not taken out. Empty where there is none.
    Raises: InputError, WorkspaceError where the repository, or the commit, is gone.
    """
    commit = one.question.commit
    if commit is None:
        return ""
    async with open_store(settings) as store:
        entry = await entry_of(store.ledger, one.task_id)
        state = (await position(compiled(store), one.task_id)).state
        site = Site(task_id=entry.task.id, repo=entry.task.repo, base_commit=entry.base_commit)
        since = None if state is None else _made_on(one.question.stop, state)
        return await store.workspace.diff(site, commit, since=since)


def _made_on(stop: Stop, state: RunState) -> str | None:
    """As `nodes.asking.made_on`; None is the base."""
    whole = stop.at == "quality_gate" or "edit" not in stop.choices
    return None if whole else state.head or None


def about(stop: Stop) -> About:
    """What a stop's question is about."""
    match stop.kind:
        case "budget":
            return "budget"
        case "bad_answer":
            return "answer"
        case "gate_failed":
            return "gate"
    return "plan" if stop.kind == "plan_approval" or stop.at in _PLANNING else "change"


def edits_plan(stop: Stop) -> bool:
    """Whether it is a plan that an edit gives; otherwise it is a diff."""
    return stop.kind == "plan_approval" or stop.at in _PLANNING


def status(stop: Stop) -> str:
    """How the review stands, in a few words."""
    return _STATUS.get(stop.kind) or f"the {about(stop)} was rejected"


async def _waiting(store: Store, graph: "Develop", entry: Entry) -> Waiting | None:
    """By the checkpoint: a kill may have come between it and the ledger."""
    if entry.state == "cancelled":
        return None
    now = await position(graph, entry.task.id)
    if now.question is None or now.question_id is None:
        return None
    return Waiting(
        task_id=entry.task.id,
        goal=entry.task.goal,
        repo=str(entry.task.repo),
        risk=entry.task.risk,
        priority=entry.task.priority,
        question_id=now.question_id,
        question=now.question,
        about=about(now.question.stop),
        status=status(now.question.stop),
        since=entry.awaiting_since or entry.seen_at,
        answered=await store.ledger.answer_to(now.question_id),
    )


def _urgency(one: Waiting) -> tuple[int, datetime]:
    order: tuple[Priority, ...] = ("critical", "high", "medium", "low")
    return order.index(one.priority), datetime.fromisoformat(one.since)
