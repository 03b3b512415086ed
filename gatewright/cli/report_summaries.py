"""What `gatewright report` prints of days, models and comparisons."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from gatewright.cli.report_table import shown, usd, wide
from gatewright.telemetry.comparing import Comparison, Pair
from gatewright.telemetry.summaries import DayReport, ModelReport, Trend

_TEXT = (
    "day",
    "node",
    "role",
    "model",
    "risk",
    "area",
    "gate",
    "rejected_by",
    "outcome",
    "error_types",
)
_IF_ANY: tuple[str, ...] = (
    "errors",
    "interrupts",
    "cancelled",
    "unpriced_calls",
    "tokens",
    "llm_calls",
)
_IF_ANY += ("threshold_violations", "missing_rows", "gpu_pct_avg", "gpu_pct_max", "samples")
"""Columns that are left out where there is nothing but zeros in them."""
_TITLES = {
    "hardware_by_node": "Nodes: cost and hardware",
    "cost_by_model": "Models",
    "decisions_by_model": "Router: who was chosen",
    "cost_by_risk_and_area": "Risk and area",
    "attempts_by_node": "Attempts",
    "gate_failures": "Gate",
    "cost_of_rejected_work": "Work that was turned down",
    "cost_by_outcome": "Outcomes of tasks",
    "gpu_energy_by_run": "GPU energy",
}


def print_trend(found: Trend, console: Console | None = None) -> None:
    """One line a day, and their sum."""
    console = console or wide(least=200)
    if not found.days:
        console.print(f"Nothing has run since {found.since}; see `gatewright report --help`.")
    else:
        console.print(_table(f"Days since {found.since} (UTC)", found.days))
        cost = sum(day["cost_usd"] for day in found.days)
        runs = sum(day["runs"] for day in found.days)
        unpriced = sum(day["unpriced_calls"] for day in found.days)
        more = f", and {unpriced} calls without a price" if unpriced else ""
        console.print(f"{runs} runs, {usd(cost)}{more}")
    _unreadable(found.unreadable_files, console)


def print_day(found: DayReport, console: Console | None = None) -> None:
    """The day in one line, then a table for each question."""
    console = console or wide(least=200)
    if not found.trend_by_day:
        console.print(f"Nothing began on {found.day} (UTC).")
    else:
        console.print(_table(f"{found.day} (UTC)", found.trend_by_day))
    for name, title in _TITLES.items():
        rows = getattr(found, name)
        if rows:
            console.print(_table(title, rows))
    _unreadable(found.unreadable_files, console)


def print_model(found: ModelReport, console: Console | None = None) -> None:
    """The model in one line, then by node."""
    console = console or wide(least=200)
    console.print(_table(shown(found.model), [_without(found.cost_by_model, "model")]))
    rows = [_without(row, "model") for row in found.calls_by_model_and_node]
    console.print(_table("By node", rows))
    _unreadable(found.unreadable_files, console)


def print_comparison(found: Comparison, console: Console | None = None) -> None:
    """Both totals and both of each node, with the difference; what is nothing in both is left
    out."""
    console = console or wide(least=200)
    names = [report.trace_id or report.task_id for report in (found.a, found.b)]
    for title, pairs in [
        ("Totals", found.totals),
        *((node.node, node.figures) for node in found.nodes),
    ]:
        console.print(_pairs(title, names, pairs))


def _pairs(title: str, names: Sequence[str], pairs: Sequence[Pair]) -> Table:
    table = Table(title=shown(title), box=None, title_justify="left")
    table.add_column("", min_width=20)
    for name in (*names, "difference"):
        table.add_column(shown(name)[:32], justify="right", min_width=12)
    for pair in pairs:
        if not pair.a and not pair.b and pair.name != "cost_usd":
            continue
        read = _how(pair.name)
        change = "-" if pair.difference is None else _signed(pair.difference, read)
        table.add_row(_heading(pair.name), read(pair.a), read(pair.b), change)
    return table


def _signed(difference: float, read: Callable[[Any], str]) -> str:
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    return sign + read(abs(difference))


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Every column of the rows but those in which none has a value."""
    names = [name for name in rows[0] if any(_says(name, row[name]) for row in rows)]
    table = Table(title=title, box=None, title_justify="left")
    for name in names:
        side: Literal["left", "right"] = "left" if name in _TEXT else "right"
        table.add_column(_heading(name), justify=side, no_wrap=True)
    for row in rows:
        table.add_row(*(_how(name)(row[name]) for name in names))
    return table


def _says(name: str, value: object) -> bool:
    return value is not None and value not in ([], ()) and (name not in _IF_ANY or value != 0)


def _heading(name: str) -> str:
    for end in ("_ms", "_usd", "_bytes", "_j", "_w"):
        name = name.removesuffix(end)
    return name.replace("_pct", "").replace("_", " ")


def _how(name: str) -> Callable[[Any], str]:
    """How a figure of that name is written, by its unit."""
    for end, write in _UNITS.items():
        if name.endswith(end):
            return lambda value: "-" if value is None else write(value)
    return _plainly


def _plainly(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return shown(", ".join(str(one) for one in value if one is not None))
    return shown(str(value))


_UNITS: dict[str, Callable[[Any], str]] = {
    "_ms": lambda v: f"{v / 1000:.2f} s",
    "_usd": usd,
    "_bytes": lambda v: f"{v / 2**20:.0f} MiB",
    "_pct": lambda v: f"{v:.0f} %",
    "_pct_avg": lambda v: f"{v:.0f} %",
    "_pct_max": lambda v: f"{v:.0f} %",
    "_j": lambda v: f"{v:.0f} J",
    "_w": lambda v: f"{v:.0f} W",
    "trace_id": lambda v: shown(str(v)[:12]),
}


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _unreadable(files: Sequence[str], console: Console) -> None:
    for file in files:
        console.print(f"[yellow]Not readable: {shown(file)}[/]")
