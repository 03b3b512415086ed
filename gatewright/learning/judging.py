"""A person's later word about what a task delivered: the router learns from it."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.events import Event
from gatewright.domain.findings import Frozen
from gatewright.domain.outcome import Outcome
from gatewright.domain.secret_forms import redact
from gatewright.learning.episodes import episodes
from gatewright.settings import Settings
from gatewright.sidecars import close_sidecar, open_sidecar
from gatewright.store import open_store
from gatewright.tasks.results import read_result
from gatewright.tasks.running import compiled
from gatewright.telemetry.decisions import Recorded, read_decisions
from gatewright.telemetry.events import row_of
from gatewright.telemetry.run_log import RunLog
from gatewright.waiting import wait

Word = Literal["reverted", "bad", "good"]
"""`reverted`: it was taken back, and nothing outweighs that; `bad`, `good`: what a person found."""

NODE = "judge"
"""In the column `node`: no node of a graph said it."""
_ROLES = ("implementer", "code_reviewer")
"""Whose work a delivered change is: who made it, and who let it pass."""


class _Pen:
    """Holds the sidecar while a verdict is written."""


class Judged(Frozen):
    """What was said, and of which attempts."""

    task_id: str
    word: Word
    note: str
    outcomes: tuple[Outcome, ...]
    """As they were recorded."""


def judge(settings: Settings, task_id: str, word: Word, *, note: str = "") -> Judged:
    """Record what became of a delivered task: for the router, in the events and in the run log.

    Raises: InputError for a task that is not known, has not delivered, was reverted already or of
    which no decision is recorded; EnvironmentFault when it could not be written down.
    """
    return wait(ajudge(settings, task_id, word, note=note))


async def ajudge(settings: Settings, task_id: str, word: Word, *, note: str = "") -> Judged:
    """See `judge`."""
    if not settings.telemetry.enabled:
        raise InputError(
            "setting telemetry.enabled",
            False,
            "keeps verdicts from being recorded",
            "Set it to true for this command.",
        )
    await _check_delivered(settings, task_id)
    folder = settings.home / "telemetry"
    recorded = await asyncio.to_thread(read_decisions, folder, task_id=task_id, considered=False)
    outcomes = verdicts(recorded, word, task_id=task_id)
    said = Judged(task_id=task_id, word=word, note=redact(note).text, outcomes=outcomes)
    await asyncio.to_thread(_record, settings, said)
    return said


def verdicts(recorded: Iterable[Recorded], word: Word, *, task_id: str) -> tuple[Outcome, ...]:
    """The word as verdicts on the attempts that the delivered change came of.

    Raises: InputError when there are none, or all that they say has been outweighed by a revert.
    """
    delivered = _delivered(recorded)
    if not delivered:
        raise InputError(
            "task",
            task_id,
            "has no recorded decision whose work was delivered",
            "It ran without telemetry, or its rows are older than telemetry.retention_days.",
        )
    if word != "reverted" and any(one.kind == "revert" for one in delivered):
        raise InputError(
            "task", task_id, "is recorded as reverted", "Nothing outweighs that; leave it so."
        )
    now = datetime.now(UTC)
    said = {
        "kind": "revert" if word == "reverted" else "human",
        "passed": word == "good",
        "at": now,
    }
    return tuple(one.model_copy(update=said) for one in delivered)


def _delivered(recorded: Iterable[Recorded]) -> list[Outcome]:
    """The last verdict of each row of attempts: what came before it was not delivered."""
    of_ours = (one for one in recorded if one.request.role in _ROLES)
    verdicts = ([one.outcome for one in row if one.outcome] for row in episodes(of_ours))
    last = [of_row[-1] for of_row in verdicts if of_row]
    return [one for one in last if one.passed or one.kind in ("human", "revert")]


async def _check_delivered(settings: Settings, task_id: str) -> None:
    async with open_store(settings) as store:
        entry = await store.ledger.find(task_id)
        if entry is None:
            raise InputError("task", task_id, "is not known", "`gatewright list` shows all tasks.")
        log = settings.home / "runs" / f"{task_id}.md"
        result = await read_result(compiled(store), entry, log=log)
    if result.state != "done":
        raise InputError(
            "task",
            task_id,
            f"is {result.state}: it has delivered nothing to be judged",
            f"`gatewright show {task_id}` says where it stands.",
        )


def _record(settings: Settings, said: Judged) -> None:
    """Raises: EnvironmentFault when the sidecar could not write it."""
    pen = _Pen()
    sidecar = open_sidecar(settings, user=pen)
    gone = sidecar.losses.gone()
    event = Event(
        kind="answered",
        task_id=said.task_id,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        node=NODE,
        message=_message(said.word, said.note),
    )
    try:
        for outcome in said.outcomes:
            sidecar.judged(outcome, node=NODE)
        row = row_of(event)
        # No run says it: without a trace, the task is known by its attributes alone.
        attributes = {**row["attributes"], "task_id": said.task_id}
        sidecar.record("events", {**row, "attributes": attributes})
        written = sidecar.flush() and sidecar.losses.gone() == gone
    finally:
        close_sidecar(sidecar, user=pen)
    if not written:
        raise EnvironmentFault(
            f"The verdict on {said.task_id!r} could not be written to "
            f"{str(settings.home / 'telemetry')!r}",
            "Make the folder writable, or make room, and say it again.",
        )
    RunLog(settings.home / "runs", said.task_id).add(event)


def _message(word: Word, note: str) -> str:
    return f"judged {word}: {note}" if note else f"judged {word}"


def models_of(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """By role, whom the word is about."""
    found: dict[str, list[str]] = {}
    for one in outcomes:
        names = found.setdefault(one.role, [])
        if one.model not in names:
            names.append(one.model)
    return found
