"""What a run says while it goes: one flat record per event, JSON all through."""

from typing import Literal

from gatewright.domain.findings import Frozen
from gatewright.domain.task import TaskState

EventKind = Literal[
    "run_started",
    "state_changed",
    "node_started",
    "node_ended",
    "model_chosen",
    "model_called",
    "edit_applied",
    "edit_refused",
    "review",
    "gate_check",
    "engine_progress",
    "interrupted",
    "delivered",
    "run_ended",
]


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
    message: str = ""
    cost_usd: float | None = None
    """Spent so far by the task; None when a call's price is not known."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    duration_s: float | None = None
