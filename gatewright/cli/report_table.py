"""What `gatewright report` prints: a task's time, tokens and cost by node, its gate, its router."""

from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gatewright.domain.metrics import Spread
from gatewright.domain.plain import plain
from gatewright.telemetry.report import (
    LossReport,
    NodeReport,
    RoutingReport,
    RunHardware,
    RunReport,
    TaskReport,
    Totals,
)

LEAST_WIDTH = 130
"""Of the tables: in a narrower terminal, or in a pipe, names and figures would be cut off."""


def print_report(report: TaskReport, console: Console | None = None) -> None:
    """Tables on stdout, or on the console given."""
    console = console or wide()
    console.print(_runs(report.runs))
    for number, run in enumerate(report.runs, 1):
        if run.hardware is not None:
            which = f" {number}" if len(report.runs) > 1 else ""
            console.print(f"Machine during run{which}: {_hardware(run.hardware)}")
    console.print(_nodes(report))
    if report.gate_checks:
        console.print(_gate(report))
    if report.routing:
        console.print(_routing(report))
        for line in _counterfactual(report.totals):
            console.print(line)
    for line in _losses(report.losses):
        console.print(f"[yellow]{shown(line)}[/]")


def wide(*, least: int = LEAST_WIDTH) -> Console:
    """A console on stdout that cuts no table off."""
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, least)
    return console


def _runs(runs: tuple[RunReport, ...]) -> Table:
    table = _table("Runs", "started (UTC)", "status", time=True, tokens=True)
    for run in runs:
        status = f"{run.status}: {run.error_type}" if run.error_type else run.status
        table.add_row(
            _at(run.started_at),
            shown(status),
            _seconds(run.duration_ms),
            _number(run.llm_calls),
            _number(run.input_tokens),
            _number(run.output_tokens),
            usd(run.cost_usd) if run.ended_at else "-",
        )
    return table


def _nodes(report: TaskReport) -> Table:
    table = Table(title="Nodes", box=None, title_justify="left", show_footer=True)
    total = report.totals
    table.add_column("node", footer="total")
    for name, footer in (
        ("runs", str(sum(node.attempts for node in report.nodes))),
        ("failed", ""),
        ("time", _seconds(sum(node.duration_ms for node in report.nodes))),
        ("cpu", ""),
        ("child cpu", ""),
        ("max rss", ""),
        ("host cpu", ""),
        ("gpu", ""),
        ("calls", str(total.llm_calls)),
        ("in", str(total.input_tokens)),
        ("out", str(total.output_tokens)),
        ("cost", usd(total.cost_usd)),
    ):
        table.add_column(name, justify="right", footer=footer)
    table.add_column("models")
    for node in report.nodes:
        table.add_row(*_node(node))
    return table


def _node(node: NodeReport) -> list[str]:
    return [
        shown(node.node),
        str(node.attempts),
        str(node.errors or ""),
        _seconds(node.duration_ms),
        _seconds(node.cpu_ms),
        _seconds(node.child_cpu_ms),
        "-" if node.rss_max_bytes is None else f"{node.rss_max_bytes / 2**20:.0f} MiB",
        _percent(node.host_cpu_pct_avg),
        _percent(node.gpu_pct_avg),
        str(node.llm_calls),
        str(node.input_tokens),
        str(node.output_tokens),
        usd(node.cost_usd),
        shown(", ".join(node.models)),
    ]


def _hardware(hardware: RunHardware) -> str:
    """In one line: mean and most of each metric, and what went beyond its threshold."""
    parts = [
        f"{name} {_spread(spread)}"
        for name, spread in (
            ("cpu", hardware.cpu_percent),
            ("memory", hardware.memory_percent),
            ("disk", hardware.disk_percent),
            ("gpu", hardware.gpu_percent),
        )
        if spread is not None
    ]
    parts.append(f"{hardware.sample_count} samples")
    parts += [
        f"[yellow]{shown(v.metric)} beyond {v.limit:g} in {v.count}, at most {v.max:.0f}[/]"
        for v in hardware.violations
    ]
    return ", ".join(parts)


def _spread(spread: Spread) -> str:
    return f"{spread.avg:.0f} % (at most {spread.max:.0f})"


def _gate(report: TaskReport) -> Table:
    table = _table("Gate", "check", "attempt", "status", time=True)
    table.add_column("findings", justify="right")
    table.add_column("summary")
    for check in report.gate_checks:
        colour = "green" if check.passed else "red"
        table.add_row(
            shown(check.gate or ""),
            _number(check.attempt),
            f"[{colour}]{shown(check.status or '')}[/]",
            _seconds(check.duration_ms),
            _number(check.findings),
            shown(check.summary or ""),
        )
    return table


def _routing(report: TaskReport) -> Table:
    table = _table("Router", "node", "role", "stage", "model", "came of it", "reason")
    for decision in report.routing:
        model = shown(decision.model or "")
        if decision.fallback_of:
            model += f" (in place of {shown(decision.fallback_of)})"
        table.add_row(
            shown(decision.node or ""),
            shown(decision.role or ""),
            _number(decision.stage),
            model,
            _verdict(decision),
            shown(decision.reason or ""),
        )
    return table


def _verdict(decision: RoutingReport) -> str:
    if decision.passed is None:
        return "-"
    said, colour = ("passed", "green") if decision.passed else ("failed", "red")
    return f"[{colour}]{shown(decision.verdict or '')} {said}[/]"


def _counterfactual(totals: Totals) -> list[str]:
    """What asking the best model would have cost, as estimated when the router was asked."""
    if totals.best_usd is None or totals.best_usd + (totals.cost_usd or 0.0) == 0:
        return []
    share = "" if totals.cost_usd is None else _share(totals.cost_usd, totals.best_usd)
    lines = [
        f"Spent {usd(totals.cost_usd)}; the best model each time would have cost about "
        f"{usd(totals.best_usd)}{share}"
    ]
    if totals.best_once_usd is not None and totals.best_once_usd != totals.best_usd:
        lines.append(f"The best model, had it always passed at once: {usd(totals.best_once_usd)}")
    return lines


def _share(spent: float, best: float) -> str:
    return f", so this was {100 * spent / best:.0f} % of it" if best else ""


def _losses(losses: LossReport) -> list[str]:
    lines = []
    if losses.dropped_events or losses.lost_events:
        gone = losses.dropped_events + losses.lost_events
        lines.append(f"{gone} rows of this task are missing: the figures above are too low.")
    for word, counts in (("dropped", losses.dropped), ("lost", losses.lost)):
        if counts:
            named = ", ".join(f"{table} {number}" for table, number in counts.items())
            lines.append(f"Rows {word} by the processes that ran it, of all tasks: {named}.")
    if losses.unended_runs:
        lines.append(f"{losses.unended_runs} of its runs are under way, or their process died.")
    lines += [f"Not readable: {file}" for file in losses.unreadable_files]
    return lines


def _table(title: str, *columns: str, time: bool = False, tokens: bool = False) -> Table:
    table = Table(*columns, title=title, box=None, title_justify="left")
    numbers = ["time"] * time + ["calls", "in", "out", "cost"] * tokens
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def shown(text: str) -> str:
    """Text of others: neither the terminal nor rich obeys it."""
    return escape(plain(text))


def _at(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _seconds(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def usd(amount: float | None) -> str:
    """An amount, or that it is not known."""
    return "not known" if amount is None else f"${amount:.4f}"
