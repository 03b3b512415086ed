"""The ledger: every task that was accepted, and what became of it."""

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

import aiosqlite

from gatewright.domain.entry import Entry, Happening, Process
from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.domain.task import Task, TaskState
from gatewright.storage.processes import this_process
from gatewright.storage.statements import Statements, now
from gatewright.storage.task_runs import TaskRuns
from gatewright.storage.wishes import Wishes


class Ledger(TaskRuns, Wishes):
    """Tasks and their history in the state database; what is returned from is durable.

    The history is append-only. Every write is one statement, so it is there as a whole or not at
    all, and others on the same connection do not come between.
    """

    def __init__(
        self,
        connection: aiosqlite.Connection,
        *,
        process: Callable[[], Process] = this_process,
    ) -> None:
        """`process` says who begins runs."""
        self._statements = Statements(connection)
        self._this_process = process

    async def accept(self, task: Task, base_commit: str, *, by: str = "") -> Entry:
        """Keep a task before anything of it runs; the same task again is the same entry.

        `by` is user@host. Raises: InputError when the id stands for another task already, or for
        another budget; EnvironmentFault, as every method, when the database cannot be used.
        """
        digest = _digest(task)
        values = {
            "id": task.id,
            "task": task.model_dump_json(),
            "digest": digest,
            "base_commit": base_commit,
            "at": now(),
            "by": by,
        }
        await self._statements.rows("accept", values)
        kept = await self._statements.row("digest", {"id": task.id})
        entry = await self.find(task.id)
        if entry is None or kept is None or kept[0] != digest:
            raise InputError(
                "id", task.id, "stands for another task already", "Give this task another id."
            )
        if entry.task.budget != task.budget:
            raise InputError(
                "budget",
                task.budget.model_dump(exclude_none=True),
                f"is not the one that task {task.id!r} was accepted with",
                f"Raise it when the task asks: `gatewright resume {task.id} --retry --max-...`.",
            )
        return entry

    async def find(self, task_id: str) -> Entry | None:
        """The entry of a task, if it was ever accepted."""
        row = await self._statements.row("find", {"id": task_id})
        return None if row is None else _entry(row)

    async def note(self, task_id: str, state: TaskState, detail: str = "") -> None:
        """Append the state that a task is seen in; of a cancelled one, nothing is noted."""
        values = {"task_id": task_id, "state": state, "detail": detail, "at": now()}
        await self._statements.rows("note_state", values)

    async def entries(self, states: Collection[TaskState] | None = None) -> Sequence[Entry]:
        """All tasks, or those in these states, newest first."""
        rows = await self._statements.rows("list", {})
        return [_entry(row) for row in rows if states is None or _state(row) in states]

    async def history(self, task_id: str) -> tuple[Happening, ...]:
        """Everything that happened to a task, in order; empty for one that is not known."""
        entry = await self.find(task_id)
        if entry is None:
            return ()
        accepted = Happening(
            kind="accepted", task_id=task_id, at=entry.accepted_at, by=entry.accepted_by
        )
        rows = await self._statements.rows("history", {"task_id": task_id})
        return (accepted, *(_happening(task_id, *row) for row in rows))


def _state(row: aiosqlite.Row) -> TaskState:
    return row[5] or "new"


def _entry(row: aiosqlite.Row) -> Entry:
    _, task, base_commit, accepted_at, accepted_by, _, detail, seen_at, *counted = row
    runs, since, answered = counted
    state = _state(row)
    return Entry(
        task=Task.model_validate_json(task),
        base_commit=base_commit,
        accepted_at=accepted_at,
        accepted_by=accepted_by,
        state=state,
        detail=detail or "",
        seen_at=seen_at or accepted_at,
        runs=runs,
        awaiting_since=max(since, answered or "") if state == "awaiting_human" else None,
    )


def _happening(task_id: str, seq: int, kind: Any, at: str, by: str, *rest: Any) -> Happening:
    state, detail, run, how, interrupt_id, answer = rest
    return Happening(
        kind=kind,
        task_id=task_id,
        at=at,
        by=by,
        state=state,
        detail=detail,
        run=seq if kind == "began" else run,
        how=how,
        interrupt_id=interrupt_id,
        answer=None if answer is None else Answer.model_validate_json(answer),
    )


def _digest(task: Task) -> str:
    """Of all that makes it this task; as it was before there were private ones, for the others."""
    without = {"budget", "priority", *(() if task.private else ("private",))}
    content = task.model_dump(mode="json", exclude=without)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
