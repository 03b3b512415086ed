"""Rows of the plan tables as records."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from gatewright.domain.entry import Process
from gatewright.domain.plan_run import PlanEvent, PlanRun, StepAttempt, StepResult
from gatewright.storage.plans.lines import event_of

FILE = "plans.sql"
_RUN = (
    "run_id",
    "plan_id",
    "plan",
    "plan_path",
    "variables",
    "options",
    "folder",
    "started_by",
    "started_at",
    "status",
    "ended_at",
    "reason",
    "stop_asked",
)
_ATTEMPT = (
    "run_id",
    "step",
    "attempt",
    "token",
    "started_at",
    "ended_at",
    "status",
    "exit_code",
    "signal",
    "timed_out",
    "duration_s",
    "cpu_s",
    "max_rss_bytes",
    "reason",
)


def values_of(run: PlanRun) -> dict[str, Any]:
    """For the query `begin`."""
    values = {name: getattr(run, name) for name in _RUN}
    values["variables"] = json.dumps(dict(run.variables), ensure_ascii=False)
    values["options"] = json.dumps(dict(run.options), ensure_ascii=False)
    return values


def run_of(row: sqlite3.Row | tuple[Any, ...]) -> PlanRun:
    """Of the queries `run` and `runs`."""
    values: dict[str, Any] = dict(zip(_RUN, row[: len(_RUN)], strict=True))
    values["variables"] = json.loads(values["variables"])
    values["options"] = json.loads(values["options"])
    return PlanRun(**values)


def process_of(text: str) -> Process:
    """Who has a run."""
    return Process(**json.loads(text))


def text_of(process: Process) -> str:
    """For the query `claim`."""
    return json.dumps(asdict(process))


def attempt_of(row: sqlite3.Row | tuple[Any, ...]) -> StepAttempt:
    """Of the query `attempts`."""
    values: dict[str, Any] = dict(zip(_ATTEMPT, row, strict=True))
    values["timed_out"] = bool(values["timed_out"])
    return StepAttempt(**values)


def results_of(lines: Iterable[str]) -> dict[str, StepResult]:
    """The steps that are over by the query `step_events`: what was started since is not."""
    results: dict[str, StepResult] = {}
    attempts: dict[str, int] = {}
    for line in lines:
        event = event_of(line)
        step = event.step or ""
        attempts[step] = max(attempts.get(step, 0), event.attempt or 0)
        if event.kind == "step_started":
            results.pop(step, None)
        else:
            results[step] = _result(event, attempts[step])
    return results


def _result(event: PlanEvent, attempts: int) -> StepResult:
    status: Any = event.status
    return StepResult(
        status=status,
        exit_code=event.exit_code,
        signal=event.signal,
        timed_out=bool(event.timed_out),
        attempts=attempts,
        duration_s=event.duration_s,
        unchanged=bool(event.unchanged),
        captures=dict(event.captures or {}),
        reason=event.reason,
    )
