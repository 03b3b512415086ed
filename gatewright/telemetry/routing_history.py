"""What the router learns from, counted anew from the recorded verdicts at every reading."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from gatewright.domain.outcome import Arm, Counted, Tally, Verdict
from gatewright.telemetry.reader import Reading, open_reading

MOST_RECENT = 200
"""Verdicts on first attempts that are kept in order, of each role and model."""
KNOWN_FOR = timedelta(hours=1)
"""For so long a decision is named in `Counted.known`."""

NOTHING = Counted({})


class CountedReading(NamedTuple):
    """A history, and what is missing from it."""

    counted: Counted
    problems: tuple[str, ...]
    """Files that could not be read, and why; then the counts may be too small."""


def read_counted(
    folder: Path,
    *,
    days: float | None = None,
    patience_s: float = 3.0,
    on_problem: Callable[[str], None] | None = None,
) -> Counted:
    """Final verdicts by arm; of the decisions whose first verdict is at most `days` old. Blocks.

    Never raises: what cannot be read is told to `on_problem`, one file a call, and does not count.
    """
    found = read_history(folder, days=days, patience_s=patience_s)
    if on_problem is not None:
        for problem in found.problems:
            on_problem(problem)
    return found.counted


def read_history(
    folder: Path, *, days: float | None = None, patience_s: float = 3.0
) -> CountedReading:
    """The same with what went wrong. Blocks; never raises."""
    import duckdb  # noqa: PLC0415  0.2 s, only for those who read

    now = datetime.now(UTC).replace(tzinfo=None)
    since = None if days is None else now - timedelta(days=days)
    try:
        with open_reading(folder, patience_s=patience_s) as reading:
            return CountedReading(_counted(reading, now, since), reading.unreadable)
    except (duckdb.Error, OSError) as error:
        return CountedReading(NOTHING, (f"{folder}: {_first_line(error)}",))


def _counted(reading: Reading, now: datetime, since: datetime | None) -> Counted:
    counts = reading.query("routing_counts", since=since, lately=now - KNOWN_FOR)
    recent = reading.query("routing_recent", since=since, most=MOST_RECENT)
    return Counted(
        tallies={_arm(row): _tally(row) for row in counts},
        recent=tuple(_verdict(row) for row in recent),
        known=frozenset(one for row in counts for one in row["known"] or ()),
    )


def _arm(row: dict[str, Any]) -> Arm:
    return Arm(row["role"], row["risk"], row["area"], row["stage"], row["model"], row["again"])


def _tally(row: dict[str, Any]) -> Tally:
    return Tally(*(float(row[name]) for name in Tally._fields))


def _verdict(row: dict[str, Any]) -> Verdict:
    at = row["first_judged_at"].replace(tzinfo=UTC)
    return Verdict(row["decision_id"], row["role"], row["model"], row["stage"], row["passed"], at)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
