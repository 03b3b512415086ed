"""Words for what became of steps and runs: statuses, ends of processes, times."""

import signal as signals
from datetime import datetime
from typing import Final

from gatewright.domain.plan_run import PlanEvent, StepAttempt, StepResult

STYLES: Final = {
    "pending": "dim",
    "running": "cyan",
    "succeeded": "green",
    "failed": "bold red",
    "skipped": "dim",
    "cancelled": "yellow",
    "interrupted": "yellow",
    "waiting": "bold yellow",
}
"""Of a step's or a run's status."""

WORDS: Final = {"succeeded": "ok", "failed": "failed", "skipped": "skipped"}
"""What a line says of a step that is over, where it is not its status."""


def how(one: PlanEvent | StepResult | StepAttempt) -> str:
    """How its process ended, where that says more than the status; empty for an exit with 0."""
    if one.timed_out:
        return "timed out"
    if one.signal is not None:
        return f"ended by {_signal(one.signal)}"
    return f"exit {one.exit_code}" if one.exit_code else ""


def seconds(duration: float | None) -> str:
    """A time for people: `40 ms`, `12.3 s`, `4 min 12 s`, `2 h 3 min`, `3 d 1 h`; None: empty."""
    if duration is None:
        return ""
    if duration < 99.95:
        return _short(duration)
    whole = round(duration)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _short(duration: float) -> str:
    if duration < 0.9995:
        return f"{1000 * duration:.0f} ms"
    return f"{duration:.2f} s" if duration < 9.995 else f"{duration:.1f} s"


def ago(moment: str, *, now: datetime) -> str:
    """How long ago a moment (ISO 8601) was."""
    return seconds(max(0.0, round((now - datetime.fromisoformat(moment)).total_seconds(), 1)))


def bytes_(size: int | None) -> str:
    """A size for people, in powers of 1024; empty for None."""
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def count(number: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def _signal(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"
