"""A person's answer on its way to the question: checked, kept, and only then applied."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.human import Answer
from gatewright.store import Store
from gatewright.tasks.running import Position, compiled, position

BY_TIMEOUT = "setting review.timeout_hours"
"""In place of a person's name, where nobody answered in time."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as somebody gives it."""

    answer: Answer
    by: str
    """user@host."""
    interrupt_id: str | None = None
    """The question that it is meant for; None: whichever is open."""


async def answer_for(
    store: Store, entry: Entry, start: Position, given: Given | None
) -> Answer | None:
    """The answer that the open question gets: the one given now, or one that was kept before.

    One that was given is durable when this returns, and no other is taken for that question. Only
    for whoever holds the task's lock. Raises: InputError for an answer that nobody asked for, that
    is no choice, or that comes too late.
    """
    if given is None:
        if start.question_id is None:
            return None
        return await store.ledger.answer_to(start.question_id)
    _check_question(entry, start, given)
    named = given.interrupt_id or start.question_id
    assert named is not None  # one of them is, or it was refused
    if await store.ledger.answer_to(named) is None:
        _check_open(entry, start, given)
        _check_choice(start, given.answer)
    await store.ledger.answer(named, entry.task.id, given.answer, by=given.by)
    return given.answer


async def waits(store: Store, entry: Entry) -> bool:
    """Whether a task can only go on once a person has answered."""
    if entry.state != "awaiting_human":
        return False
    try:
        at = await position(compiled(store), entry.task.id)
    except EnvironmentFault:  # told by whoever runs it
        return False
    return at.question_id is not None and await store.ledger.answer_to(at.question_id) is None


async def expire(
    store: Store, entry: Entry, *, after: timedelta, now: datetime | None = None
) -> bool:
    """Keep a rejection for a question that nobody answered in this time; whether this did so.

    It is applied when the task is next run.
    """
    since = entry.awaiting_since
    if since is None or (now or datetime.now(UTC)) - datetime.fromisoformat(since) < after:
        return False
    if not await waits(store, entry):
        return False
    at = await position(compiled(store), entry.task.id)
    if at.question is None or at.question_id is None or "reject" not in at.question.stop.choices:
        return False
    note = f"Nobody answered within {after / timedelta(hours=1):g} hours."
    rejection = Answer(action="reject", note=note)
    try:
        await store.ledger.answer(at.question_id, entry.task.id, rejection, by=BY_TIMEOUT)
    except InputError:  # somebody answered just now
        return False
    return True


def _check_question(entry: Entry, start: Position, given: Given) -> None:
    """Raises: InputError where there is no question at all."""
    if start.question_id is None and given.interrupt_id is None:
        raise InputError(
            "task",
            entry.task.id,
            f"asks nothing: it is {start.task_state}",
            f"Give no answer; see `gatewright show {entry.task.id}`.",
        )


def _check_open(entry: Entry, start: Position, given: Given) -> None:
    """Raises: InputError for a question that is not the open one."""
    if given.interrupt_id not in (None, start.question_id):
        raise InputError(
            "interrupt_id",
            given.interrupt_id,
            f"is no question that task {entry.task.id!r} asks now",
            f"See what it asks: `gatewright show {entry.task.id}`.",
        )


def _check_choice(start: Position, answer: Answer) -> None:
    """Raises: InputError for an answer that does not answer."""
    choices = start.question.stop.choices if start.question else ()
    if answer.action not in choices:
        raise InputError(
            "action", answer.action, "is no choice here", f"Use one of {', '.join(choices)}."
        )
    if answer.action == "edit" and answer.plan is None and not answer.diff:
        raise InputError("edit", None, "holds neither plan nor diff", "Give one of them.")
    if answer.action != "edit" and (answer.plan is not None or answer.diff):
        raise InputError(
            "action", answer.action, "takes no plan and no diff", "Answer with `edit`."
        )
