"""What happens in a run, told to whoever listens: the graph's stream, the sidecar, the caller."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from gatewright.domain.plan_run import PlanEvent
from graph.plan_context import PlanContext

_NAMES = tuple(field.name for field in fields(PlanEvent))
ENDS = ("step_retrying", "step_ended")


class Teller:
    """Hears every event once, in the order in which the store has it."""

    def __init__(self, context: PlanContext, plan_id: str, write: Callable[[Any], None]) -> None:
        """`write` is the graph's stream."""
        self._context = context
        self._plan_id = plan_id
        self._write = write
        self._started: dict[str, str] = {}

    def __call__(self, event: PlanEvent) -> None:
        """Nothing of it waits."""
        self._write({"plan": stream_part(event)})
        if event.kind == "step_started":
            self._started[event.step or ""] = event.at
        elif event.kind in ENDS:
            started = self._started.pop(event.step or "", None)
            row = step_row(event, plan_id=self._plan_id, started_at=started)
            self._context.telemetry.record("plan_steps", row)
        if self._context.on_event is not None:
            self._context.on_event(event)


def stream_part(event: PlanEvent) -> dict[str, Any]:
    """What is said in it, as JSON types."""
    said = {name: getattr(event, name) for name in _NAMES}
    return {name: value for name, value in said.items() if value is not None and value != ""}


def step_row(event: PlanEvent, *, plan_id: str, started_at: str | None) -> Mapping[str, Any]:
    """An end as a row of the sidecar's `plan_steps`."""
    return {
        "plan_run_id": event.run_id,
        "plan_id": plan_id,
        "step": event.step,
        "attempt": event.attempt,
        "status": event.status,
        "retried": event.kind == "step_retrying",
        "unchanged": bool(event.unchanged),
        "exit_code": event.exit_code,
        "signal": event.signal,
        "timed_out": bool(event.timed_out),
        "started_at": None if started_at is None else _moment(started_at),
        "ended_at": _moment(event.at),
        "duration_ms": None if event.duration_s is None else 1000 * event.duration_s,
        "cpu_ms": None if event.cpu_s is None else 1000 * event.cpu_s,
        "max_rss_bytes": event.max_rss_bytes,
        "reason": event.reason,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
