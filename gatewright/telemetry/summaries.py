"""What a day, the last days, or a model took, over all tasks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from gatewright.domain.errors import InputError
from gatewright.domain.findings import Frozen
from gatewright.telemetry.reader import Reading, open_reading

DAYS = 14
"""How far the trend looks back."""
Figures = Mapping[str, Any]
"""One row of a query of queries.sql, by column; its comments there say what they mean."""


class Trend(Frozen):
    """The last days, oldest first; days without a run are left out."""

    since: date
    days: tuple[Figures, ...]
    """Rows of `trend_by_day`."""
    unreadable_files: tuple[str, ...]


class DayReport(Frozen):
    """One day, in UTC, of whatever began on it. The fields are the queries of these names."""

    day: date
    trend_by_day: tuple[Figures, ...]
    """One row, or none: nothing ran."""
    hardware_by_node: tuple[Figures, ...]
    cost_by_model: tuple[Figures, ...]
    cost_by_risk_and_area: tuple[Figures, ...]
    attempts_by_node: tuple[Figures, ...]
    gate_failures: tuple[Figures, ...]
    cost_of_rejected_work: tuple[Figures, ...]
    cost_by_outcome: tuple[Figures, ...]
    gpu_energy_by_run: tuple[Figures, ...]
    decisions_by_model: tuple[Figures, ...]
    unreadable_files: tuple[str, ...]


class ModelReport(Frozen):
    """All calls of one model."""

    model: str
    """`<provider>/<model>`."""
    cost_by_model: Figures
    calls_by_model_and_node: tuple[Figures, ...]
    unreadable_files: tuple[str, ...]


def trend(directory: Path, *, days: int = DAYS) -> Trend:
    """The last `days` days, today included. Blocks."""
    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    with open_reading(directory) as reading:
        found = _figures(reading, "trend_by_day", since=_midnight(since), until=None)
        return Trend(since=since, days=found, unreadable_files=reading.unreadable)


def day_report(directory: Path, day: date) -> DayReport:
    """What began on a day. Blocks."""
    bounds = {"since": _midnight(day), "until": _midnight(day + timedelta(days=1))}
    names = [name for name in DayReport.model_fields if name not in ("day", "unreadable_files")]
    with open_reading(directory) as reading:
        tables = {name: _figures(reading, name, **bounds) for name in names}
        return DayReport(day=day, unreadable_files=reading.unreadable, **tables)


def model_report(directory: Path, model: str) -> ModelReport:
    """What a model was asked, by `<provider>/<model>` or the part after the last slash. Blocks.

    Raises: InputError for a model that was never called, or a name that several have.
    """
    always = {"since": None, "until": None}
    with open_reading(directory) as reading:
        totals = {row["model"]: row for row in _figures(reading, "cost_by_model", **always)}
        name = _named(model, list(totals))
        calls = _figures(reading, "calls_by_model_and_node", **always)
        return ModelReport(
            model=name,
            cost_by_model=totals[name],
            calls_by_model_and_node=tuple(row for row in calls if row["model"] == name),
            unreadable_files=reading.unreadable,
        )


def parse_day(text: str) -> date:
    """`today`, `yesterday`, or a date, in UTC. Raises: InputError."""
    today = datetime.now(UTC).date()
    near = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return near.get(text) or date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "--day", text, "is no day", "Write YYYY-MM-DD (UTC), `today` or `yesterday`."
        ) from None


def _named(model: str, known: list[str]) -> str:
    found = [name for name in known if name == model]
    found = found or [name for name in known if name.endswith(f"/{model}")]
    if len(found) == 1:
        return found[0]
    problem = "was never called" if not found else f"is the name of {', '.join(found)}"
    shown = ", ".join(known) or "no model has been called yet"
    raise InputError("--model", model, problem, f"Known: {shown}.")


def _figures(reading: Reading, query: str, **values: Any) -> tuple[Figures, ...]:
    return tuple(
        {name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()}
        for row in reading.query(query, **values)
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
