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
        self._last: dict[str, int] = {}
        """The number of each run's last event."""
        self._open: dict[tuple[str, str | None, int | None], int] = {}
        """Where the attempts are that have no end."""

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
            number = self._next(connection, event.run_id)
            its = added.setdefault(event.run_id, Added(number, []))
            its.lines.append(line_of(event, number))
            rows.append((event.run_id, number, event.kind, its.lines[-1]))
            self._apply(connection, event, number)
        connection.executemany(queries(FILE)["add_event"], rows)
        return added

    def _next(self, connection: sqlite3.Connection, run_id: str) -> int:
        last = self._last.get(run_id)
        if last is None:
            query = queries(FILE)["last_number"]
            [(last,)] = connection.execute(query, {"run_id": run_id}).fetchall()
        self._last[run_id] = last + 1
        return int(last) + 1

    def _apply(self, connection: sqlite3.Connection, event: PlanEvent, number: int) -> None:
        match event.kind:
            case "step_started":
                self._open[event.run_id, event.step, event.attempt] = number
                attempt = (event.step, event.attempt, event.token or "", event.at)
                connection.execute(queries(FILE)["start_attempt"], (event.run_id, number, *attempt))
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
            where = (event.run_id, self._place(connection, event))
            connection.execute(queries(FILE)["end_attempt"], (*end, *where))
        if event.kind == "step_ended" and event.key is not None and event.status == "succeeded":
            key = {"run_id": event.run_id, "step": event.step, "key": event.key}
            connection.execute(queries(FILE)["keep_key"], key)

    def _place(self, connection: sqlite3.Connection, event: PlanEvent) -> int | None:
        """Of its attempt, which an earlier process may have begun."""
        place = self._open.pop((event.run_id, event.step, event.attempt), None)
        if place is not None:
            return place
        where = {"run_id": event.run_id, "step": event.step, "attempt": event.attempt}
        found = connection.execute(queries(FILE)["number_of"], where).fetchall()
        return int(found[0][0]) if found else None


def _set_run(connection: sqlite3.Connection, event: PlanEvent) -> None:
    values: Mapping[str, Any] = {
        "run_id": event.run_id,
        "status": event.status,
        "at": event.at,
        "reason": redact(event.reason).text,
    }
    connection.execute(queries(FILE)[event.kind], values)
