"""The connection to an OpenTelemetry collector. Needs the extra `otlp`.

OpenTelemetry's exporters do the sending: they try again where a collector is busy or unreachable,
as its `Retry-After` says, within the time that a batch has.
"""

import logging
import os
import threading

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from gatewright.telemetry.otlp_metrics import MetricMaker
from gatewright.telemetry.otlp_spans import SpanMaker
from gatewright.telemetry.queue import Row
from gatewright.telemetry.sampling.summary import service_version
from gatewright.telemetry.scope import SERVICE, host
from gatewright.telemetry.semconv import SCHEMA_URL

_LOGGERS = tuple(
    logging.getLogger(exporter.__module__) for exporter in (OTLPSpanExporter, OTLPMetricExporter)
)


class Client:
    """For one thread; only `interrupt` may be called by another."""

    def __init__(self, endpoint: str, *, timeout_s: float) -> None:
        base = endpoint.rstrip("/")
        scope = InstrumentationScope(SERVICE, service_version(), SCHEMA_URL)
        resource = _resource()
        self._span_maker = SpanMaker(resource, scope)
        self._metric_maker = MetricMaker(resource, scope)
        self._spans = OTLPSpanExporter(f"{base}/v1/traces", timeout=timeout_s)
        self._metrics = OTLPMetricExporter(f"{base}/v1/metrics", timeout=timeout_s)
        self._ended = False
        self._quiet = _Quiet()
        for log in _LOGGERS:
            log.addFilter(self._quiet)

    def send(self, rows: list[Row], *, last: bool = False) -> str | None:
        """What could not be sent, in words; None when everything was.

        `last`: nothing comes after these rows.
        """
        failed = []
        spans = self._span_maker.spans(rows)
        if last:
            spans += self._span_maker.rest()
        if spans and self._spans.export(spans) is not SpanExportResult.SUCCESS:
            failed.append("traces")
        metrics = self._metric_maker.metrics(rows)
        if metrics and self._metrics.export(metrics) is not MetricExportResult.SUCCESS:
            failed.append("metrics")
        return " and ".join(failed) or None

    def interrupt(self) -> None:
        """Try nothing again; a request that is under way is left to its time limit."""
        if self._ended:
            return
        self._ended = True
        for exporter in (self._spans, self._metrics):
            exporter.shutdown()

    def close(self) -> None:
        """Let go of the connections."""
        self.interrupt()
        self._metric_maker.close()
        for log in _LOGGERS:
            log.removeFilter(self._quiet)


class _Quiet(logging.Filter):
    """Keeps the exporters from telling every try of ours; the sink tells it once."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread


def _resource() -> Resource:
    """With what OTEL_RESOURCE_ATTRIBUTES adds.

    `Resource.create` would start threads, which cannot be had at the end of a process.
    """
    ours = Resource(
        {
            "service.name": SERVICE,
            "service.version": service_version() or "unknown",
            "service.instance.id": f"{host()}-{os.getpid()}",
            "host.name": host(),
            "process.pid": os.getpid(),
        }
    )
    return OTELResourceDetector().detect().merge(ours)
