"""The ledger: every task that was accepted, and what became of it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import aiosqlite

from gatewright.domain.entry import Entry
from gatewright.domain.errors import InputError
from gatewright.domain.task import Task, TaskState
from gatewright.storage.sql import queries


class Ledger:
    """Tasks and their states in the state database; what is returned from is durable."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def accept(self, task: Task, base_commit: str) -> Entry:
        """Keep a task before anything of it runs; the same task again is the same entry.

        Raises: InputError when the id stands for another task already, or for another budget.
        """
        digest = _digest(task)
        values = {
            "id": task.id,
            "task": task.model_dump_json(),
            "digest": digest,
            "base_commit": base_commit,
            "at": _now(),
        }
        await self._connection.execute(queries()["accept"], values)
        kept = await self._row("digest", task.id)
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
        row = await self._row("find", task_id)
        return None if row is None else _entry(row)

    async def note(self, task_id: str, state: TaskState, detail: str = "") -> None:
        """Append the state that a task is seen in."""
        values = {"task_id": task_id, "state": state, "detail": detail, "at": _now()}
        await self._connection.execute(queries()["note_state"], values)

    async def entries(self) -> Sequence[Entry]:
        """All tasks, newest first."""
        async with self._connection.execute(queries()["list"]) as cursor:
            rows = await cursor.fetchall()
        return [_entry(row) for row in rows]

    async def _row(self, query: str, task_id: str) -> aiosqlite.Row | None:
        async with self._connection.execute(queries()[query], {"id": task_id}) as cursor:
            return await cursor.fetchone()


def _entry(row: aiosqlite.Row) -> Entry:
    task, base_commit, accepted_at, state, detail, seen_at = row
    return Entry(
        task=Task.model_validate_json(task),
        base_commit=base_commit,
        accepted_at=accepted_at,
        state=state or "new",
        detail=detail or "",
        seen_at=seen_at or accepted_at,
    )


def _digest(task: Task) -> str:
    """Of all that makes it this task; as it was before there were private ones, for the others."""
    without = {"budget", "priority", *(() if task.private else ("private",))}
    content = task.model_dump(mode="json", exclude=without)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
