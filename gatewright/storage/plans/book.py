"""What events change in the plan tables; only for the desk's thread, within a transaction."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gatewright.domain.plan_run import PlanEvent
from gatewright.domain.secret_forms import redact
from gatewright.storage.plans.lines import line_of
from gatewright.storage.plans.rows import FILE
from gatewright.storage.sql import queries


class Added(NamedTuple):
    """Lines of one run that are new in the table."""

    first: int
    """The first one's number."""
    lines: list[str]


class Book:
    """Writes events down, and keeps in mind where it is: asking the table costs as much as
    writing."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}
        """What the ids of each run's events begin after, and the last of these ids."""
        self._open: dict[tuple[str, str | None, int | None], int] = {}
        """The ids of the attempts that have no end."""

    def forget(self, run_id: str | None = None) -> None:
        """What was kept in mind of a run, or of all, may not be so any more."""
        if run_id is None:
            self._last.clear()
            self._open.clear()
        else:
            self._last.pop(run_id, None)
            self._open = {key: at for key, at in self._open.items() if key[0] != run_id}

    def add(
        self, connection: sqlite3.Connection, events: Sequence[PlanEvent]
    ) -> Mapping[str, Added]:
        """What is new, by run."""
        added: dict[str, Added] = {}
        rows = []
        for event in events:
            before, new = self._next(connection, event.run_id)
            its = added.setdefault(event.run_id, Added(new - before, []))
            its.lines.append(line_of(event, new - before))
            rows.append((new, event.kind, its.lines[-1]))
            self._apply(connection, event, new)
        connection.executemany(queries(FILE)["add_event"], rows)
        return added

    def _next(self, connection: sqlite3.Connection, run_id: str) -> tuple[int, int]:
        """What the ids of the run's events begin after, and a new one."""
        known = self._last.get(run_id)
        if known is None:
            known = connection.execute(queries(FILE)["last_id"], {"run_id": run_id}).fetchone()
        if known is None:
            raise LookupError(f"no run {run_id!r} was begun; call begin() before record()")
        before, last = known
        self._last[run_id] = before, last + 1
        return before, last + 1

    def _apply(self, connection: sqlite3.Connection, event: PlanEvent, new: int) -> None:
        match event.kind:
            case "step_started":
                self._open[event.run_id, event.step, event.attempt] = new
                attempt = (new, event.step, event.attempt, event.token or "", event.at)
                connection.execute(queries(FILE)["start_attempt"], attempt)
                if event.key is not None:
                    its = {"run_id": event.run_id, "step": event.step}
                    connection.execute(queries(FILE)["drop_key"], its)
            case "step_retrying" | "step_ended":
                self._end(connection, event)
            case "run_started" | "run_resumed" | "run_waiting" | "run_ended":
                _set_run(connection, event)
            case "run_stopping":
                pass

    def _end(self, connection: sqlite3.Connection, event: PlanEvent) -> None:
        if event.attempt is not None:
            end = (
                event.at,
                event.status,
                event.exit_code,
                event.signal,
                int(bool(event.timed_out)),
                event.duration_s,
                event.cpu_s,
                event.max_rss_bytes,
                event.reason,
            )
            row = (*end, self._id(connection, event))
            connection.execute(queries(FILE)["end_attempt"], row)
        if event.kind == "step_ended" and event.key is not None and event.status == "succeeded":
            key = {"run_id": event.run_id, "step": event.step, "key": event.key}
            connection.execute(queries(FILE)["keep_key"], key)

    def _id(self, connection: sqlite3.Connection, event: PlanEvent) -> int | None:
        """Of its attempt, which an earlier process may have begun."""
        known = self._open.pop((event.run_id, event.step, event.attempt), None)
        if known is not None:
            return known
        where = {"run_id": event.run_id, "step": event.step, "attempt": event.attempt}
        found = connection.execute(queries(FILE)["attempt_id"], where).fetchall()
        return int(found[0][0]) if found else None


def _set_run(connection: sqlite3.Connection, event: PlanEvent) -> None:
    values: Mapping[str, Any] = {
        "run_id": event.run_id,
        "status": event.status,
        "at": event.at,
        "reason": redact(event.reason).text,
    }
    connection.execute(queries(FILE)[event.kind], values)
