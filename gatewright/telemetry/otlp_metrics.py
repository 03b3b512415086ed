"""Rows as OpenTelemetry metrics: what models took, and what the machine did.

Needs the extra `otlp`. Counts and durations are added up here for as long as the process lives, so
that an export which fails loses nothing; samples carry the time at which they were taken.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    InMemoryMetricReader,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from gatewright.telemetry.otlp_spans import unix_ns
from gatewright.telemetry.queue import Row
from gatewright.telemetry.semconv import SCHEMA_URL, mapped

TABLES = frozenset({"llm_calls", "hardware_samples", "gpu_samples"})

_SECONDS = [0.01 * 2**n for n in range(14)]
_TOKENS = [4**n for n in range(14)]
"""The boundaries that the GenAI conventions ask for."""

_CUMULATIVE = AggregationTemporality.CUMULATIVE
_COUNTERS = frozenset({"process.cpu.time", "system.disk.io", "hw.energy"})
"""Totals that only grow; everything else of a sample goes up and down."""
_LEVELS = frozenset(
    {
        *("system.memory.usage", "process.memory.usage", "process.thread.count"),
        *("gatewright.process.children", "gatewright.process.gpu.memory.usage"),
        *("gatewright.active_runs", "gatewright.active_nodes", "hw.gpu.memory.usage"),
    }
)
"""Amounts that may be added up over processes or devices."""
_PARTS: Mapping[str, Mapping[str, str]] = {
    "mem_used_bytes": {"system.memory.state": "used"},
    "disk_read_bytes": {"disk.io.direction": "read"},
    "disk_write_bytes": {"disk.io.direction": "write"},
}
"""Attributes that tell apart the columns of one metric."""


class _Key(NamedTuple):
    name: str
    unit: str


class MetricMaker:
    """Adds up calls; turns samples into points."""

    def __init__(self, resource: Resource, scope: InstrumentationScope) -> None:
        self._resource = resource
        self._scope = scope
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider(
            metric_readers=[self._reader], resource=resource, shutdown_on_exit=False
        )
        meter = self._provider.get_meter(scope.name, scope.version, scope.schema_url)
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Tokens that a call took",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._durations = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "Time that a call took",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._cost = meter.create_counter(
            "gatewright.model.cost", "{currency}", "What calls whose price is known have cost"
        )
        self._unpriced = meter.create_counter(
            "gatewright.model.unpriced_calls", "{call}", "Answered calls whose price is not known"
        )
        self._begun: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}

    def metrics(self, rows: Iterable[Row]) -> MetricsData | None:
        """Of rows of TABLES; None where there are none."""
        points: dict[_Key, list[NumberDataPoint]] = {}
        calls = 0
        for table, values in rows:
            if table == "llm_calls":
                self._count(values)
                calls += 1
            elif table in TABLES:
                self._sample(table, values, points)
        sampled = [self._metric(key, found) for key, found in points.items()]
        return self._data(sampled, counted=calls > 0)

    def close(self) -> None:
        """Let go of the meters."""
        self._provider.shutdown()

    def _count(self, values: Mapping[str, Any]) -> None:
        names = ("operation_name", "provider_name", "request_model", "response_model")
        about = {m.column: m.otel_name for m in mapped("llm_calls")}
        attributes = {about[n]: str(values[n]) for n in names if values.get(n)}
        for kind in ("input", "output"):
            tokens = values.get(f"{kind}_tokens")
            if tokens is not None:
                self._tokens.record(tokens, {**attributes, "gen_ai.token.type": kind})
        failed = {"error.type": str(values["error_type"])} if values.get("error_type") else {}
        if values.get("duration_ms") is not None:
            self._durations.record(values["duration_ms"] / 1000, {**attributes, **failed})
        cost = values.get("cost_amount")
        if cost is not None:
            currency = {"gen_ai.usage.cost.currency": str(values.get("cost_currency") or "USD")}
            self._cost.add(float(cost), {**attributes, **currency})
        elif values.get("status", "ok") == "ok":
            self._unpriced.add(1, attributes)

    def _sample(
        self, table: str, values: Mapping[str, Any], points: dict[_Key, list[NumberDataPoint]]
    ) -> None:
        at = unix_ns(values.get("ts"))
        device = _device(values) if table == "gpu_samples" else {}
        for _, column, name, unit, factor in mapped(table):
            value = values.get(column)
            if value is None:
                continue
            part = _PARTS.get(column, {}) if table == "hardware_samples" else {}
            attributes = {**device, **part}
            begun = self._begun.setdefault((name, tuple(sorted(attributes.items()))), at)
            number = value if factor == 1 else value * factor
            point = NumberDataPoint(attributes, begun, at, number)
            points.setdefault(_Key(name, unit), []).append(point)

    def _metric(self, key: _Key, points: list[NumberDataPoint]) -> Metric:
        data: Sum | Gauge
        if key.name in _COUNTERS or key.name in _LEVELS:
            data = Sum(points, _CUMULATIVE, is_monotonic=key.name in _COUNTERS)
        else:
            data = Gauge(points)
        return Metric(key.name, "", key.unit, data)

    def _data(self, sampled: list[Metric], *, counted: bool) -> MetricsData | None:
        resources: list[ResourceMetrics] = []
        if counted:
            told = self._reader.get_metrics_data()
            resources += told.resource_metrics if told is not None else ()
        if sampled:
            scoped = ScopeMetrics(self._scope, sampled, SCHEMA_URL)
            resources.append(ResourceMetrics(self._resource, [scoped], SCHEMA_URL))
        return MetricsData(resources) if resources else None


def _device(values: Mapping[str, Any]) -> dict[str, str]:
    """Which GPU, as the `hw` conventions want it."""
    index = values.get("gpu_index")
    given = {
        "hw.id": values.get("gpu_uuid") or (None if index is None else f"gpu-{index}"),
        "hw.name": values.get("gpu_name"),
        "hw.type": "gpu",
    }
    return {name: str(value) for name, value in given.items() if value is not None}
