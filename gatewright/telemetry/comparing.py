"""Two tasks or runs side by side."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gatewright.domain.findings import Frozen
from gatewright.domain.metrics import Spread
from gatewright.telemetry.report import NodeReport, RunHardware, TaskReport, subject_report


class Pair(Frozen):
    """One figure of both."""

    name: str
    a: float | None
    """None: not known, or not there."""
    b: float | None
    difference: float | None
    """b minus a."""


class NodePair(Frozen):
    """One node of both; figures of a node that only one has are None for the other."""

    node: str
    figures: tuple[Pair, ...]


class Comparison(Frozen):
    """What two tasks or runs took, and how they differ."""

    a: TaskReport
    b: TaskReport
    totals: tuple[Pair, ...]
    nodes: tuple[NodePair, ...]
    """First in the order of a, then what only b has."""


def compare(directory: Path, a: str, b: str) -> Comparison:
    """Read two reports, each by task or trace id. Blocks.

    Raises: InputError for a name of which nothing is recorded.
    """
    left, right = subject_report(directory, a), subject_report(directory, b)
    of_a, of_b = ({node.node: node for node in report.nodes} for report in (left, right))
    return Comparison(
        a=left,
        b=right,
        totals=tuple(_pair(name, read(left), read(right)) for name, read in _TOTALS.items()),
        nodes=tuple(
            NodePair(node=name, figures=_figures(of_a.get(name), of_b.get(name)))
            for name in dict.fromkeys([*of_a, *of_b])
        ),
    )


def _figures(a: NodeReport | None, b: NodeReport | None) -> tuple[Pair, ...]:
    return tuple(
        _pair(name, None if a is None else read(a), None if b is None else read(b))
        for name, read in _NODE.items()
    )


def _pair(name: str, a: float | None, b: float | None) -> Pair:
    return Pair(name=name, a=a, b=b, difference=None if a is None or b is None else b - a)


def _sum(values: Sequence[float | None]) -> float | None:
    """Known only if every part is."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _mean(report: TaskReport, of: Callable[[RunHardware], Spread | None]) -> float | None:
    """Over the runs, by their length."""
    parts = [
        (run.duration_ms or 0.0, spread.avg)
        for run in report.runs
        if run.hardware is not None and (spread := of(run.hardware)) is not None
    ]
    length = sum(duration for duration, _ in parts)
    return sum(d * mean for d, mean in parts) / length if length else None


def _most(report: TaskReport, of: Callable[[RunHardware], Spread | None]) -> float | None:
    spreads = [of(run.hardware) for run in report.runs if run.hardware is not None]
    return max((spread.max for spread in spreads if spread is not None), default=None)


_TOTALS: dict[str, Callable[[TaskReport], float | None]] = {
    "runs": lambda r: r.totals.runs,
    "duration_ms": lambda r: r.totals.duration_ms,
    "cpu_ms": lambda r: _sum([node.cpu_ms for node in r.nodes]),
    "child_cpu_ms": lambda r: _sum([node.child_cpu_ms for node in r.nodes]),
    "llm_calls": lambda r: r.totals.llm_calls,
    "input_tokens": lambda r: r.totals.input_tokens,
    "output_tokens": lambda r: r.totals.output_tokens,
    "cost_usd": lambda r: r.totals.cost_usd,
    "attempts": lambda r: sum(node.attempts for node in r.nodes),
    "errors": lambda r: sum(node.errors for node in r.nodes),
    "gate_checks_failed": lambda r: sum(check.passed is False for check in r.gate_checks),
    "host_cpu_pct_avg": lambda r: _mean(r, lambda h: h.cpu_percent),
    "host_cpu_pct_max": lambda r: _most(r, lambda h: h.cpu_percent),
    "host_mem_pct_avg": lambda r: _mean(r, lambda h: h.memory_percent),
    "gpu_pct_avg": lambda r: _mean(r, lambda h: h.gpu_percent),
    "gpu_pct_max": lambda r: _most(r, lambda h: h.gpu_percent),
}
_NODE: dict[str, Callable[[NodeReport], float | None]] = {
    "attempts": lambda n: n.attempts,
    "errors": lambda n: n.errors,
    "duration_ms": lambda n: n.duration_ms,
    "cpu_ms": lambda n: n.cpu_ms,
    "child_cpu_ms": lambda n: n.child_cpu_ms,
    "llm_calls": lambda n: n.llm_calls,
    "input_tokens": lambda n: n.input_tokens,
    "output_tokens": lambda n: n.output_tokens,
    "cost_usd": lambda n: n.cost_usd,
}
