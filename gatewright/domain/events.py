"""What a run says while it goes: one flat record per event, JSON all through."""

from typing import Literal

from gatewright.domain.findings import Clean, Frozen
from gatewright.domain.plain import plain
from gatewright.domain.task import TaskState

EventKind = Literal[
    "state_changed",
    "node_started",
    "node_ended",
    "planned",
    "model_chosen",
    "model_called",
    "model_faulted",
    "circuit_changed",
    "drift_noticed",
    "edit_applied",
    "edit_refused",
    "review",
    "gate_check",
    "engine_progress",
    "interrupted",
    "answered",
    "delivered",
    "run_ended",
]

Category = Literal["task", "routing", "llm_call", "quality_gate", "retry", "human_review"]
"""What an event is about, for the run log and the table `events`."""

_CATEGORIES: dict[EventKind, Category] = {
    "model_chosen": "routing",
    "model_faulted": "routing",
    "circuit_changed": "routing",
    "drift_noticed": "routing",
    "model_called": "llm_call",
    "gate_check": "quality_gate",
    "edit_refused": "retry",
    "interrupted": "human_review",
    "answered": "human_review",
}
"""Everything else is about the task."""


class Event(Frozen):
    """One thing that happened, in the order in which it happened."""

    kind: EventKind
    task_id: str
    at: str
    """UTC, ISO 8601."""
    state: TaskState | None = None
    node: str | None = None
    step: int | None = None
    """1-based."""
    steps: int | None = None
    attempt: int | None = None
    """1-based."""
    model: str | None = None
    verdict: Literal["approved", "rejected"] | None = None
    """Of a review."""
    message: Clean = ""
    cost_usd: float | None = None
    """Spent so far by the task; None when a call's price is not known."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    duration_s: float | None = None


def category(event: Event) -> Category:
    """What an event is about; a second attempt at anything is a retry."""
    if event.kind == "node_started" and (event.attempt or 1) > 1:
        return "retry"
    return _CATEGORIES.get(event.kind, "task")


def describe(event: Event) -> str:
    """An event in one line: node, step, attempt, model, what, spend."""
    parts = [event.state if event.kind == "state_changed" else event.node or event.kind]
    if event.step is not None:
        parts.append(f"step {event.step}" + (f" of {event.steps}" if event.steps else ""))
    if event.attempt is not None:
        parts.append(f"attempt {event.attempt}")
    if event.model is not None:
        parts.append(event.model)
    words = ", ".join(str(part) for part in parts)
    message = " ".join(event.message.split()) or _said_by_kind(event)
    return plain(f"{words}: {message}" if message else words)


def spend(event: Event) -> str:
    """What the task has spent so far; empty while no token was paid for."""
    tokens = (event.input_tokens or 0) + (event.output_tokens or 0)
    if not tokens:
        return ""
    money = "cost not known" if event.cost_usd is None else f"${event.cost_usd:.4f}"
    return f"{money}, {tokens} tokens so far"


def _said_by_kind(event: Event) -> str:
    match event.kind:
        case "node_started":
            return "started"
        case "node_ended":
            return "ended"
        case "model_called":
            return f"answered in {event.duration_s or 0:.1f} s ({spend(event)})"
        case _:
            return ""
