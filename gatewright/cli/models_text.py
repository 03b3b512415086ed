"""What `gatewright models` prints: how well each model does, and what changed lately."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from gatewright.cli.report_table import shown, wide
from gatewright.cli.route_text import counted, money, percent
from gatewright.telemetry.model_figures import (
    ArmFigures,
    Change,
    CircuitSeen,
    ModelFigures,
    Success,
)

WIDTH = 180
_MOST_AREAS = 30
"""Lines of areas in a role's table, those in which most was done."""


def print_models(found: ModelFigures, console: Console | None = None) -> None:
    """A table a role, what changed lately, and whose circuit was last seen open."""
    console = console or wide(least=WIDTH)
    when = "so far" if found.days is None else f"in the last {found.days:g} days"
    if not found.arms:
        console.print(f"No attempt has come to a verdict {when}; see docs/routing.md.")
    for role, group in groupby(found.arms, key=lambda arm: arm.role):
        arms = list(group)
        named = _worth_a_line(arms)
        console.print(_arms(f"{role}, {when}", named))
        if len(named) < len(arms):
            console.print(f"[dim]and {len(arms) - len(named)} more in areas; --json has all[/]")
    if found.changes:
        console.print(_changes(found))
    for circuit in found.circuits:
        console.print(_circuit(circuit))
    print_problems(found.unreadable_files, console)


def _arms(title: str, arms: Iterable[ArmFigures]) -> Table:
    table = Table(title=title, box=None, title_justify="left")
    for name in ("risk", "area", "model"):
        table.add_column(name, no_wrap=True)
    for name in ("first attempts", "passed (95 %)", "after failures", "cost", "in all", "median"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("slowest 5 %", justify="right", no_wrap=True)
    table.add_column("bad after all", justify="right", no_wrap=True)
    for arm in arms:
        table.add_row(
            "all" if arm.risk is None else shown(arm.risk),
            _area(arm),
            shown(arm.model),
            _count(arm.first),
            rate(arm.first),
            _count(arm.later) if arm.later.rate is not None else "-",
            money(arm.usd),
            money(arm.total_usd) + (f" + {arm.unpriced} not known" if arm.unpriced else ""),
            _seconds(arm.p50_s),
            _seconds(arm.p95_s),
            f"{arm.false_accepts} of {arm.audited}" if arm.audited else "-",
            style="bold" if arm.risk is None else "",
        )
    return table


def _worth_a_line(arms: Sequence[ArmFigures]) -> list[ArmFigures]:
    """All but the areas in which least was done."""
    in_areas = [arm for arm in arms if arm.area is not None]
    busiest = {id(arm) for arm in sorted(in_areas, key=lambda arm: -_attempts(arm))[:_MOST_AREAS]}
    return [arm for arm in arms if arm.area is None or id(arm) in busiest]


def _attempts(arm: ArmFigures) -> int:
    return sum(one.passed + one.failed for one in (arm.first, arm.later))


def _area(arm: ArmFigures) -> str:
    if arm.area is None:
        return "all" if arm.risk is not None else ""
    return shown(arm.area) or "(none)"


def _changes(found: ModelFigures) -> Table:
    title = f"First attempts of the last {found.lately_days:g} days, and before"
    table = Table(title=title, box=None, title_justify="left")
    for name in ("role", "model"):
        table.add_column(name, no_wrap=True)
    for name in ("before", "lately", "difference (95 %)", "cost", "median"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for change in found.changes:
        table.add_row(*_change(change), style="yellow" if change.changed else "")
    return table


def _change(change: Change) -> tuple[str, ...]:
    before, lately = change.before.rate or 0.0, change.lately.rate or 0.0
    return (
        shown(change.role),
        shown(change.model),
        f"{percent(before)} ({_count(change.before)})",
        f"{percent(lately)} ({_count(change.lately)})",
        f"{100 * (lately - before):+.0f} ({100 * change.low:+.0f} to {100 * change.high:+.0f})",
        f"{money(change.usd_before)} → {money(change.usd_lately)}",
        f"{_seconds(change.p50_s_before)} → {_seconds(change.p50_s_lately)}",
        "changed" if change.changed else "",
    )


def _circuit(circuit: CircuitSeen) -> str:
    state = f" {circuit.state}" if circuit.state else ""
    said = f": {shown(circuit.message)}" if circuit.message else ""
    colour = "green" if circuit.state == "closed" else "yellow"
    seen = f"{circuit.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"[{colour}]circuit of {shown(circuit.model)}{shown(state)}[/], last seen {seen}{said}"


def rate(success: Success) -> str:
    """The share that passed, with its interval."""
    if success.rate is None or success.low is None or success.high is None:
        return "-"
    return f"{percent(success.rate)} ({100 * success.low:.0f}-{100 * success.high:.0f})"


def _count(success: Success) -> str:
    return counted(success.passed, success.passed + success.failed)


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


def print_problems(files: Iterable[str], console: Console) -> None:
    """Which files are not part of the figures."""
    for file in files:
        console.print(f"[yellow]Not readable: {shown(file)}[/]")
