"""An OTLP collector on loopback: takes protobuf over HTTP and remembers what it was told."""

import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Answer = tuple[int, dict[str, str]]
"""HTTP status and headers."""
OK: Answer = (200, {})


class Receiver:
    """What came, and how to answer."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.metrics: list[Metric] = []
        self.resources: list[dict[str, Any]] = []
        self.requests: list[str] = []
        """The path of each, refused ones too."""
        self.answer: Callable[[int], Answer] = lambda number: OK
        """By the number of the request, from 0; called in the server's thread, and may wait."""
        self.url = ""
        self._changed = threading.Condition()

    def wait_for(self, ready: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Whether it came to that in time."""
        with self._changed:
            return self._changed.wait_for(ready, timeout_s)

    def span(self, name: str) -> Span:
        """The only span of that name."""
        [found] = [span for span in self.spans if span.name == name]
        return found

    def metric(self, name: str) -> Metric:
        """The last of that name."""
        return [metric for metric in self.metrics if metric.name == name][-1]

    def take(self, path: str, body: bytes) -> Answer:
        """Handle one request."""
        with self._changed:
            number = len(self.requests)
            self.requests.append(path)
            self._changed.notify_all()
        status, headers = self.answer(number)
        with self._changed:
            if status == 200 and path == "/v1/traces":
                self._traces(ExportTraceServiceRequest.FromString(body))
            elif status == 200 and path == "/v1/metrics":
                self._metrics(ExportMetricsServiceRequest.FromString(body))
            self._changed.notify_all()
        return status, headers

    def _traces(self, told: ExportTraceServiceRequest) -> None:
        for about in told.resource_spans:
            self.resources.append(values(about.resource))
            for scope in about.scope_spans:
                self.spans += scope.spans

    def _metrics(self, told: ExportMetricsServiceRequest) -> None:
        for about in told.resource_metrics:
            for scope in about.scope_metrics:
                self.metrics += scope.metrics


def values(holder: Any) -> dict[str, Any]:
    """The attributes of a span, a point or a resource."""
    return {pair.key: _value(pair.value) for pair in holder.attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A collector for as long as the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            status, headers = receiver.take(self.path, body)
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
