"""A run of a plan file: what happened, step by step, as flat records of JSON types.

A plan is a graph of commands; a run is one walk over it; a step has one or more attempts. The word
`Step` of `gatewright.domain.plan` is another's: a piece of an engineering task.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

StepStatus = Literal["pending", "running", "succeeded", "failed", "skipped", "cancelled"]
"""Of a step in a run; a step that waits for its next attempt is pending again."""

PlanRunStatus = Literal["waiting", "running", "succeeded", "failed", "cancelled", "interrupted"]
"""`waiting`: for a person's approval or answer; `interrupted`: its process stopped in the middle
and it can be resumed."""

OVER: tuple[StepStatus, ...] = ("succeeded", "failed", "skipped", "cancelled")

PlanEventKind = Literal[
    "run_started",
    "run_resumed",
    "run_stopping",
    "run_waiting",
    "run_ended",
    "step_started",
    "step_retrying",
    "step_ended",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanEvent:
    """One state change, told once. What its kind does not have is None.

    `step_started`: an attempt is about to be started (written before). `step_retrying`: an attempt
    failed and another one follows after `delay_s`. `step_ended`: the step is over, by an attempt
    (`attempt` is its number) or without one (skipped, cancelled before it began, unchanged).
    """

    kind: PlanEventKind
    run_id: str
    at: str
    """UTC, ISO 8601, milliseconds."""
    step: str | None = None
    attempt: int | None = None
    """1-based, counted over all processes that ran the run."""
    status: str | None = None
    """Of `step_ended` and `run_ended`: the new status; of `step_retrying`: `failed`."""
    exit_code: int | None = None
    """None: no process ended by itself (a signal, a timeout, it could not be started)."""
    signal: int | None = None
    """The number of the signal that ended it."""
    timed_out: bool | None = None
    duration_s: float | None = None
    """Of the attempt."""
    cpu_s: float | None = None
    max_rss_bytes: int | None = None
    delay_s: float | None = None
    unchanged: bool | None = None
    """True: inputs and outputs are as they were after an earlier success, so it was not run."""
    token: str | None = None
    """Of `step_started`: what the attempt's processes carry in their environment."""
    captures: Mapping[str, str] | None = None
    """Of `step_ended`: what the step's `captures` found in its output, secrets taken out."""
    key: str | None = None
    """The digest of inputs and command. Of a `step_ended`: for `unchanged` the next time; of a
    `step_started`: an earlier success is none any more, for the outputs may be half written."""
    reason: str = ""
    """For people, secrets taken out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """What a step came to; what conditions and `${steps.ID...}` read."""

    status: StepStatus
    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    attempts: int = 0
    duration_s: float | None = None
    unchanged: bool = False
    captures: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRun:
    """A run as it stands in the state database."""

    run_id: str
    plan_id: str
    plan: str
    """The plan file with its variables unbound, as JSON: a resume uses this, not the file."""
    plan_path: str
    variables: Mapping[str, str]
    """As given, without secret ones."""
    options: Mapping[str, Any]
    """As given to the run: max_concurrency, only, from_step, ..."""
    folder: str
    """Where relative paths of the plan begin."""
    started_by: str
    """user@host."""
    started_at: str
    status: PlanRunStatus = "running"
    ended_at: str | None = None
    reason: str = ""
    stop_asked: str | None = None
    """Somebody wants it to be cancelled: the reason, perhaps empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepAttempt:
    """A row per attempt; without `ended_at` it runs, or its process died."""

    run_id: str
    step: str
    attempt: int
    token: str
    started_at: str
    ended_at: str | None = None
    status: StepStatus | None = None
    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    duration_s: float | None = None
    cpu_s: float | None = None
    max_rss_bytes: int | None = None
    reason: str = ""
