"""A task in the ledger."""

from dataclasses import dataclass

from gatewright.domain.task import Task, TaskState


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A task as it was accepted, and where it was last seen."""

    task: Task
    base_commit: str
    accepted_at: str
    """UTC, ISO 8601."""
    state: TaskState = "new"
    """Where it was last seen; the graph's checkpoint is the truth."""
    detail: str = ""
    seen_at: str = ""
