"""What a task, or one run of it, took: node by node, from the sidecar's files."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from gatewright.domain.errors import InputError
from gatewright.domain.findings import Frozen
from gatewright.domain.metrics import Spread, Violation
from gatewright.telemetry.reader import Reading, open_reading


class RunHardware(Frozen):
    """The machine while a run was under way; shared by whatever else ran then."""

    interval_s: float | None
    """Between two samples."""
    sample_count: int
    """With those at the run's start and end."""
    sample_count_in_window: int | None
    cpu_percent: Spread | None
    """None: not measured."""
    memory_percent: Spread | None
    disk_percent: Spread | None
    """How full the disk of Gatewright's home is."""
    gpu_percent: Spread | None
    """Of the busiest GPU; None where there is none."""
    threshold_violations: int
    violations: tuple[Violation, ...]
    concurrent_runs_max: int | None
    """Runs under way in the same process, this one included."""


class RunReport(Frozen):
    """One run: from a start or a resumption to an end, a question or a stop."""

    trace_id: str
    started_at: datetime | None
    """UTC."""
    ended_at: datetime | None
    """None: still running, or its process died."""
    duration_ms: float | None
    status: str
    """running | ok | error | interrupted | cancelled."""
    error_type: str | None
    outcome: str | None
    llm_calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    unpriced_calls: int | None
    dropped_events: int | None
    lost_events: int | None
    task_id: str | None = None
    best_usd: float | None = None
    """What it would have cost to ask the best model each time that anybody was asked, as estimated
    when they were; None: not known, or nobody was."""
    best_once_usd: float | None = None
    """The same of first attempts alone, as if the best had always passed at once."""
    hardware: RunHardware | None = None
    """None: nobody looked at the machine, or the run has not ended."""


class NodeReport(Frozen):
    """All attempts of one node."""

    node: str
    """Inside a subgraph: `outer/inner`; the outer node's figures include its own calls only."""
    attempts: int
    errors: int
    interrupts: int
    duration_ms: float
    cpu_ms: float | None
    """Of Gatewright's process; None where it could not be told from a neighbour's."""
    child_cpu_ms: float | None
    """Of child processes (the sandbox) that ended meanwhile."""
    rss_max_bytes: int | None
    """Of the whole process, at the node's starts and ends."""
    host_cpu_pct_avg: float | None = None
    """Of the whole machine meanwhile, 0 to 100; None where no sample was near."""
    host_cpu_pct_max: float | None = None
    gpu_pct_avg: float | None = None
    """Of the busiest GPU meanwhile."""
    gpu_pct_max: float | None = None
    llm_calls: int
    llm_failures: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None as soon as one answer's price is not known."""
    models: tuple[str, ...]


class GateReport(Frozen):
    """One check of the quality gate."""

    checked_at: datetime | None
    attempt: int | None
    commit: str | None
    gate: str | None
    status: str | None
    passed: bool | None
    findings: int | None
    duration_ms: float | None
    summary: str | None


class RoutingReport(Frozen):
    """One decision of the router."""

    decided_at: datetime | None
    node: str | None
    role: str | None
    stage: int | None
    model: str | None
    candidates: tuple[str, ...] | None
    excluded: tuple[str, ...] | None
    reason: str | None
    policy_version: str | None
    decision_id: str | None = None
    """For `gatewright route --decision`."""
    strategy: str | None = None
    plan: tuple[str, ...] | None = None
    """The attempts in order, this one first."""
    chance: float | None = None
    """That the plan ends with an accepted change."""
    expected_usd: float | None = None
    """Of the whole plan."""
    best_model: str | None = None
    """Who would have been asked if money did not matter."""
    best_usd: float | None = None
    again: bool | None = None
    escalates: bool | None = None
    fallback_of: str | None = None
    """Who was chosen first and did not answer."""
    verdict: str | None = None
    """review | gate | human | revert: whose word holds; None: nobody has judged it."""
    passed: bool | None = None


class Totals(Frozen):
    """Over all runs of the task."""

    runs: int
    duration_ms: float
    """Of the runs that ended."""
    llm_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    best_usd: float | None = None
    """Of the runs in which somebody was asked; None: not known of one of them."""
    best_once_usd: float | None = None


class LossReport(Frozen):
    """What is missing from this report, as far as the sidecar knows."""

    dropped_events: int
    """Rows of the task that found the queue full."""
    lost_events: int
    """Rows of the task that could not be written."""
    dropped: dict[str, int]
    """By table, of all tasks in the processes that ran this one."""
    lost: dict[str, int]
    errors: dict[str, int]
    unended_runs: int
    """Running still, or their process died, with up to a second of rows."""
    unreadable_files: tuple[str, ...]


class TaskReport(Frozen):
    """Time, tokens, cost and hardware of a task, or of one of its runs."""

    task_id: str
    trace_id: str | None = None
    """The run, if it is about one alone."""
    runs: tuple[RunReport, ...]
    nodes: tuple[NodeReport, ...]
    """In the order in which they first ran; last, calls of attempts that never ended."""
    gate_checks: tuple[GateReport, ...]
    routing: tuple[RoutingReport, ...]
    totals: Totals
    losses: LossReport


def report(directory: Path, task_id: str) -> TaskReport:
    """Read a task's report. Blocks.

    Raises: InputError for a task of which nothing is recorded.
    """
    with open_reading(directory) as reading:
        found = _report(reading, task_id, None)
    if found is None:
        raise nothing(reading, "task", task_id, "see `gatewright list`")
    return found


def run_report(directory: Path, trace: str) -> TaskReport:
    """Read the report of one run, by its trace id or the beginning of it. Blocks.

    Raises: InputError for a run of which nothing is recorded, or a beginning that several share.
    """
    with open_reading(directory) as reading:
        found = find_run(reading, trace)
        return _known(_report(reading, found["task_id"] or "", found["trace_id"]))


def subject_report(directory: Path, name: str) -> TaskReport:
    """Read the report of a task or, where there is none of that name, of a run. Blocks.

    Raises: InputError as the other two.
    """
    with open_reading(directory) as reading:
        found = _report(reading, name, None)
        if found is None:
            run = find_run(reading, name, field="task or run")
            found = _report(reading, run["task_id"] or "", run["trace_id"])
        return _known(found)


def find_run(reading: Reading, trace: str, *, field: str = "run") -> dict[str, Any]:
    """`trace_id` and `task_id` of the one run whose trace id begins so.

    Raises: InputError where it is not one.
    """
    runs = reading.query("find_runs", prefix=trace) if trace else []
    exact = [run for run in runs if run["trace_id"] == trace]
    runs = exact or runs
    if not runs:
        raise nothing(reading, field, trace, "see `gatewright report`")
    if len(runs) > 1:
        shown = ", ".join(run["trace_id"][:12] for run in runs[:5])
        raise InputError(
            field, trace, f"begins {len(runs)} trace ids: {shown}", "Write more of it."
        )
    return runs[0]


def nothing(reading: Reading, field: str, value: str, where: str) -> InputError:
    """The error for a name of which no row tells."""
    problem = "has no telemetry"
    if reading.unreadable:
        problem += f"; not readable: {'; '.join(reading.unreadable)}"
    fix = f"It has not run yet, or with telemetry.enabled = false; {where}."
    return InputError(field, value, problem, fix)


def _report(reading: Reading, task_id: str, trace_id: str | None) -> TaskReport | None:
    """None: nothing is recorded."""
    whose = {"task_id": task_id, "trace_id": trace_id}
    found = reading.query("report_runs", **whose)
    if not found:
        return None
    best = {row["trace_id"]: row for row in reading.query("report_counterfactual", **whose)}
    runs = [_run({**row, **best.get(row["trace_id"], {})}) for row in found]
    found = reading.query("report_nodes", **whose) + reading.query("report_strays", **whose)
    nodes = tuple(NodeReport(**row) for row in found)
    gate = reading.query("report_gate", **whose)
    routing = reading.query("report_routing", **whose)
    return TaskReport(
        task_id=task_id,
        trace_id=trace_id,
        runs=tuple(runs),
        nodes=nodes,
        gate_checks=tuple(GateReport(**row) for row in gate),
        routing=tuple(RoutingReport(**row) for row in routing),
        totals=_totals(runs, nodes, tuple(best.values())),
        losses=_losses(reading, whose, runs),
    )


def _known(found: TaskReport | None) -> TaskReport:
    assert found is not None, "the run was found a moment ago, in the same reading"
    return found


_SPREADS = {"cpu": "cpu_percent", "mem": "memory_percent"}
_SPREADS |= {"disk": "disk_percent", "gpu": "gpu_percent"}
_OF_HARDWARE = ("interval_s", "sample_count", "sample_count_in_window", "concurrent_runs_max")


def _run(row: Mapping[str, Any]) -> RunReport:
    """Of a row of `report_runs`."""
    own = {name: value for name, value in row.items() if name in RunReport.model_fields}
    if not row["sample_count"]:
        return RunReport(**own)
    spreads = {}
    for short, name in _SPREADS.items():
        least, mean, most = (row[f"{short}_pct_{what}"] for what in ("min", "avg", "max"))
        if None not in (least, mean, most):
            spreads[name] = Spread(min=least, avg=mean, max=most)
    hardware = RunHardware.model_validate(
        {
            **{name: row[name] for name in _OF_HARDWARE},
            **{name: spreads.get(name) for name in _SPREADS.values()},
            "threshold_violations": row["threshold_violations"] or 0,
            "violations": json.loads(row["violations"] or "[]"),
        }
    )
    return RunReport(**own, hardware=hardware)


def _totals(
    runs: list[RunReport], nodes: tuple[NodeReport, ...], best: Sequence[Mapping[str, Any]]
) -> Totals:
    """Of the nodes' figures: a run that died has none of its own, but its calls are paid for."""
    return Totals(
        runs=len(runs),
        duration_ms=sum(run.duration_ms or 0.0 for run in runs),
        llm_calls=sum(node.llm_calls for node in nodes),
        input_tokens=sum(node.input_tokens for node in nodes),
        output_tokens=sum(node.output_tokens for node in nodes),
        cost_usd=_sum(node.cost_usd for node in nodes),
        best_usd=_sum(row["best_usd"] for row in best) if best else None,
        best_once_usd=_sum(row["best_once_usd"] for row in best) if best else None,
    )


def _sum(amounts: Iterable[float | None]) -> float | None:
    """None as soon as one is not known."""
    total = 0.0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _losses(reading: Reading, whose: Mapping[str, Any], runs: list[RunReport]) -> LossReport:
    health = reading.query("report_health", **whose)
    return LossReport(
        dropped_events=sum(run.dropped_events or 0 for run in runs),
        lost_events=sum(run.lost_events or 0 for run in runs),
        dropped=_added(row["dropped"] for row in health),
        lost=_added(row["lost"] for row in health),
        errors=_added(row["errors"] for row in health),
        unended_runs=sum(run.ended_at is None for run in runs),
        unreadable_files=reading.unreadable,
    )


def _added(counts: Iterable[Any]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for text in counts:
        total.update(json.loads(text or "{}"))
    return dict(total)
