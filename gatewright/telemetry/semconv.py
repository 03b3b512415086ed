"""Our columns under the names of OpenTelemetry's conventions, and the factors between the units.

The names are written down here and nowhere else: those of `gen_ai` are in development, and their
constants in OpenTelemetry's package are marked as moved. What no convention names begins with
`gatewright.`. Sources: semantic-conventions 1.44 (system, process, hw, error), the GenAI
conventions as of November 2026, and their open proposal of `gen_ai.usage.cost`.
"""

from functools import cache
from typing import NamedTuple

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"


class Mapped(NamedTuple):
    """One column, and what it is called outside."""

    table: str
    column: str
    otel_name: str
    unit: str = ""
    """UCUM; empty for what is no number."""
    factor: float = 1.0
    """What a value of the column is multiplied with."""


_PCT, _MS = 0.01, 0.001


def _of(table: str, *columns: tuple[str, str] | tuple[str, str, str, float]) -> list[Mapped]:
    return [Mapped(table, *column) for column in columns]


MAPPING: tuple[Mapped, ...] = (
    *_of(
        "runs",
        ("task_id", "gatewright.task.id"),
        ("conversation_id", "gen_ai.conversation.id"),
        ("workflow_name", "gen_ai.workflow.name"),
        ("risk", "gatewright.task.risk"),
        ("area", "gatewright.task.area"),
        ("priority", "gatewright.task.priority"),
        ("status", "gatewright.status"),
        ("error_type", "error.type"),
        ("outcome", "gatewright.task.state"),
        ("llm_calls", "gatewright.model.calls", "{call}", 1),
        ("input_tokens", "gen_ai.usage.input_tokens", "{token}", 1),
        ("output_tokens", "gen_ai.usage.output_tokens", "{token}", 1),
        ("cost_amount", "gen_ai.usage.cost.amount", "{currency}", 1),
        ("cost_currency", "gen_ai.usage.cost.currency"),
        ("unpriced_calls", "gatewright.model.unpriced_calls", "{call}", 1),
        ("dropped_events", "gatewright.telemetry.dropped", "{row}", 1),
        ("lost_events", "gatewright.telemetry.lost", "{row}", 1),
        ("sample_count", "gatewright.samples", "{sample}", 1),
        ("cpu_pct_min", "gatewright.system.cpu.utilization.min", "1", _PCT),
        ("cpu_pct_avg", "gatewright.system.cpu.utilization.avg", "1", _PCT),
        ("cpu_pct_max", "gatewright.system.cpu.utilization.max", "1", _PCT),
        ("mem_pct_min", "gatewright.system.memory.utilization.min", "1", _PCT),
        ("mem_pct_avg", "gatewright.system.memory.utilization.avg", "1", _PCT),
        ("mem_pct_max", "gatewright.system.memory.utilization.max", "1", _PCT),
        ("disk_pct_min", "gatewright.system.filesystem.utilization.min", "1", _PCT),
        ("disk_pct_avg", "gatewright.system.filesystem.utilization.avg", "1", _PCT),
        ("disk_pct_max", "gatewright.system.filesystem.utilization.max", "1", _PCT),
        ("gpu_pct_min", "gatewright.hw.gpu.utilization.min", "1", _PCT),
        ("gpu_pct_avg", "gatewright.hw.gpu.utilization.avg", "1", _PCT),
        ("gpu_pct_max", "gatewright.hw.gpu.utilization.max", "1", _PCT),
        ("threshold_violations", "gatewright.threshold_violations", "{sample}", 1),
    ),
    *_of(
        "node_runs",
        ("node", "gatewright.node.name"),
        ("path", "gatewright.node.path"),
        ("kind", "gatewright.node.kind"),
        ("step", "gatewright.node.step", "{step}", 1),
        ("attempt", "gatewright.node.attempt", "{attempt}", 1),
        ("status", "gatewright.status"),
        ("error_type", "error.type"),
        ("cpu_ms", "gatewright.node.cpu.time", "s", _MS),
        ("cpu_method", "gatewright.node.cpu.method"),
        ("child_cpu_ms", "gatewright.node.child.cpu.time", "s", _MS),
        ("child_cpu_method", "gatewright.node.child.cpu.method"),
        ("child_maxrss_bytes", "gatewright.node.child.memory.peak", "By", 1),
        ("children", "gatewright.node.children", "{process}", 1),
        ("rss_start_bytes", "gatewright.process.memory.start", "By", 1),
        ("rss_end_bytes", "gatewright.process.memory.end", "By", 1),
        ("concurrent_nodes", "gatewright.nodes.concurrent", "{node}", 1),
    ),
    *_of(
        "llm_calls",
        ("node", "gatewright.node.name"),
        ("operation_name", "gen_ai.operation.name"),
        ("provider_name", "gen_ai.provider.name"),
        ("request_model", "gen_ai.request.model"),
        ("response_model", "gen_ai.response.model"),
        ("response_id", "gen_ai.response.id"),
        ("finish_reasons", "gen_ai.response.finish_reasons"),
        ("input_tokens", "gen_ai.usage.input_tokens", "{token}", 1),
        ("output_tokens", "gen_ai.usage.output_tokens", "{token}", 1),
        ("cache_read_input_tokens", "gen_ai.usage.cache_read.input_tokens", "{token}", 1),
        ("cache_creation_input_tokens", "gen_ai.usage.cache_creation.input_tokens", "{token}", 1),
        ("reasoning_output_tokens", "gen_ai.usage.reasoning.output_tokens", "{token}", 1),
        ("cost_amount", "gen_ai.usage.cost.amount", "{currency}", 1),
        ("cost_currency", "gen_ai.usage.cost.currency"),
        ("cost_source", "gen_ai.usage.cost.source"),
        ("time_to_first_chunk_ms", "gen_ai.response.time_to_first_chunk", "s", _MS),
        ("streamed", "gen_ai.request.stream"),
        ("status", "gatewright.status"),
        ("error_type", "error.type"),
        ("retries", "gatewright.model.retries", "{retry}", 1),
        ("prompt_chars", "gatewright.prompt.size", "{character}", 1),
        ("completion_chars", "gatewright.completion.size", "{character}", 1),
    ),
    *_of(
        "gate_checks",
        ("node", "gatewright.node.name"),
        ("gate", "gen_ai.evaluation.name"),
        ("status", "gen_ai.evaluation.score.label"),
        ("passed", "gatewright.gate.passed"),
        ("findings", "gatewright.gate.findings", "{finding}", 1),
        ("attempt", "gatewright.gate.attempt", "{attempt}", 1),
        ("commit", "vcs.ref.head.revision"),
    ),
    *_of(
        "routing_decisions",
        ("node", "gatewright.node.name"),
        ("role", "gen_ai.agent.name"),
        ("model", "gen_ai.request.model"),
        ("candidates", "gatewright.routing.candidates"),
        ("excluded", "gatewright.routing.excluded"),
        ("reason", "gatewright.routing.reason"),
        ("stage", "gatewright.routing.stage", "{attempt}", 1),
        ("policy_version", "gatewright.routing.policy_version"),
        ("decision_id", "gatewright.routing.decision.id"),
        ("task_id", "gatewright.task.id"),
        ("risk", "gatewright.task.risk"),
        ("area", "gatewright.task.area"),
        ("strategy", "gatewright.routing.strategy"),
        ("plan", "gatewright.routing.plan"),
        ("value_usd", "gatewright.routing.value", "{currency}", 1),
        ("harm_usd", "gatewright.routing.harm", "{currency}", 1),
        ("false_accept", "gatewright.routing.false_accept", "1", 1),
        ("expected_usd", "gatewright.routing.expected_cost", "{currency}", 1),
        ("chance", "gatewright.routing.chance", "1", 1),
        ("best_model", "gatewright.routing.best.model"),
        ("best_usd", "gatewright.routing.best.cost", "{currency}", 1),
        ("again", "gatewright.routing.again"),
        ("escalates", "gatewright.routing.escalates"),
        ("fallback_of", "gatewright.routing.fallback_of"),
    ),
    *_of(
        "hardware_samples",
        ("cpu_pct", "system.cpu.utilization", "1", _PCT),
        ("load1", "gatewright.system.cpu.load_average.1m", "{thread}", 1),
        ("mem_pct", "system.memory.utilization", "1", _PCT),
        ("mem_used_bytes", "system.memory.usage", "By", 1),
        ("disk_pct", "system.filesystem.utilization", "1", _PCT),
        ("disk_read_bytes", "system.disk.io", "By", 1),
        ("disk_write_bytes", "system.disk.io", "By", 1),
        ("proc_cpu_s", "process.cpu.time", "s", 1),
        ("proc_rss_bytes", "process.memory.usage", "By", 1),
        ("proc_threads", "process.thread.count", "{thread}", 1),
        ("children", "gatewright.process.children", "{process}", 1),
        ("active_runs", "gatewright.active_runs", "{run}", 1),
        ("active_nodes", "gatewright.active_nodes", "{node}", 1),
    ),
    *_of(
        "gpu_samples",
        ("gpu_pct", "hw.gpu.utilization", "1", _PCT),
        ("mem_pct", "hw.gpu.memory.utilization", "1", _PCT),
        ("mem_used_bytes", "hw.gpu.memory.usage", "By", 1),
        ("power_w", "hw.power", "W", 1),
        ("energy_j", "hw.energy", "J", 1),
        ("temp_c", "hw.temperature", "Cel", 1),
        ("proc_mem_bytes", "gatewright.process.gpu.memory.usage", "By", 1),
    ),
)
"""Attributes of spans (`runs` to `routing_decisions`) and metrics (the samples). What is not here
is not exported: neither prompts and answers nor what a check found."""


@cache
def mapped(table: str) -> tuple[Mapped, ...]:
    """The mapped columns of one table, in order."""
    return tuple(entry for entry in MAPPING if entry.table == table)


def view_sql() -> str:
    """A SELECT that gives MAPPING as rows, for the view `v_semconv_map`."""
    values = ",\n    ".join(
        f"({_text(m.table)}, {_text(m.column)}, {_text(m.otel_name)}, {_text(m.unit)},"
        f" {m.factor!r}::double)"
        for m in MAPPING
    )
    columns = '"table", "column", otel_name, unit, factor'
    return f"SELECT {columns} FROM (VALUES\n    {values}\n) AS mapping({columns})"  # noqa: S608


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
