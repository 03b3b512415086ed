"""What a task took, node by node, from the sidecar's files."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from gatewright.domain.errors import InputError
from gatewright.domain.findings import Frozen
from gatewright.telemetry.reader import Reading, open_reading


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


class Totals(Frozen):
    """Over all runs of the task."""

    runs: int
    duration_ms: float
    """Of the runs that ended."""
    llm_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


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
    """Time, tokens and cost of a task."""

    task_id: str
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
        runs = [RunReport(**row) for row in reading.query("report_runs", task_id=task_id)]
        if not runs:
            problem = "has no telemetry"
            if reading.unreadable:
                problem += f"; not readable: {'; '.join(reading.unreadable)}"
            raise InputError(
                "task",
                task_id,
                problem,
                "It has not run yet, or with telemetry.enabled = false; see `gatewright list`.",
            )
        found = reading.query("report_nodes", task_id=task_id)
        found += reading.query("report_strays", task_id=task_id)
        nodes = tuple(NodeReport(**row) for row in found)
        gate = reading.query("report_gate", task_id=task_id)
        routing = reading.query("report_routing", task_id=task_id)
        return TaskReport(
            task_id=task_id,
            runs=tuple(runs),
            nodes=nodes,
            gate_checks=tuple(GateReport(**row) for row in gate),
            routing=tuple(RoutingReport(**row) for row in routing),
            totals=_totals(runs, nodes),
            losses=_losses(reading, task_id, runs),
        )


def _totals(runs: list[RunReport], nodes: tuple[NodeReport, ...]) -> Totals:
    """Of the nodes' figures: a run that died has none of its own, but its calls are paid for."""
    costs = [node.cost_usd for node in nodes]
    known = [cost for cost in costs if cost is not None]
    return Totals(
        runs=len(runs),
        duration_ms=sum(run.duration_ms or 0.0 for run in runs),
        llm_calls=sum(node.llm_calls for node in nodes),
        input_tokens=sum(node.input_tokens for node in nodes),
        output_tokens=sum(node.output_tokens for node in nodes),
        cost_usd=sum(known) if len(known) == len(costs) else None,
    )


def _losses(reading: Reading, task_id: str, runs: list[RunReport]) -> LossReport:
    health = reading.query("report_health", task_id=task_id)
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
