"""A task in the ledger, and what happened to it."""

from dataclasses import dataclass
from typing import Literal

from gatewright.domain.human import Answer
from gatewright.domain.task import Task, TaskState

RunEnd = Literal["done", "failed", "awaiting_human", "drained", "cancelled", "error", "killed"]
"""How a process's run of a task ended; `killed` is what another process found of it."""

HappeningKind = Literal[
    "accepted", "began", "ended", "state", "cancel_asked", "reopened", "answered"
]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A task as it was accepted, and where it was last seen."""

    task: Task
    base_commit: str
    accepted_at: str
    """UTC, ISO 8601."""
    accepted_by: str = ""
    """user@host; empty when it was accepted before this was asked."""
    state: TaskState = "new"
    """Where it was last seen; the graph's checkpoint is the truth, but for `cancelled`."""
    detail: str = ""
    seen_at: str = ""
    runs: int = 0
    """How often a process began to run it."""
    awaiting_since: str | None = None
    """Since when it waits for a person: when it began to, or when the last answer was given;
    None when it does not."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process on a machine, told from every later one with the same number."""

    host: str
    pid: int
    started: str
    """When it started, by its machine's clock since the boot; empty where that cannot be read."""
    boot: str
    """Which boot of the machine; empty where that cannot be read."""


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run that has begun and has no end in the ledger."""

    run: int
    task_id: str
    by: str
    process: Process
    began_at: str


@dataclass(frozen=True, kw_only=True)
class Killed:
    """A run whose process went away without an end."""

    run: int
    task_id: str
    process: Process
    began_at: str


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happened to a task; what its kind does not have is empty."""

    kind: HappeningKind
    task_id: str
    at: str
    """UTC, ISO 8601."""
    by: str = ""
    """user@host, where a person did it or a process of theirs."""
    state: TaskState | None = None
    """Of `state` and `reopened`: the state from here on."""
    detail: str = ""
    """Of a state or an end: why; of `cancel_asked`: the reason that was given."""
    run: int | None = None
    """Of `began` and `ended`."""
    how: RunEnd | None = None
    """Of `ended`."""
    interrupt_id: str | None = None
    """Of `answered`: the question."""
    answer: Answer | None = None
    """Of `answered`."""
