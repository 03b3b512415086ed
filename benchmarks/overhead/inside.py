"""Measures one other tool; runs in an environment made for it, with `measure` beside it.

    python -m benchmarks.overhead.inside NAME ROUNDS FOLDER

Each tool is used through its own callback handler, inline, with its own background thread and an
exporter that does nothing (MLflow: its SQLite store, which it cannot do without). That is its
cheapest way: its instrumentor, which also patches LangGraph, costs more.
"""
# ruff: noqa: PLC0415  each environment holds one of these tools only

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.overhead.measure import Bench, Watch, paired

_INGEST = {
    "use_multipart_endpoint": True,
    "size_limit": 100,
    "size_limit_bytes": 20_971_520,
    "scale_up_nthreads_limit": 16,
    "scale_up_qsize_trigger": 1000,
    "scale_down_nempty_trigger": 4,
}
"""What LangSmith's server tells its client."""


def langsmith(folder: Path) -> Watch:
    """Its tracer, and a session that answers every request without a network."""
    import requests
    from langchain_core.tracers import LangChainTracer
    from langsmith import Client

    class Session(requests.Session):
        def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
            answer = requests.Response()
            answer.status_code = 202
            answer._content = b"{}"
            return answer

    client = Client(
        api_url="http://127.0.0.1:9",
        api_key="none",
        session=Session(),
        info={"version": "0", "batch_ingest_config": _INGEST},
    )
    return _each(lambda: LangChainTracer(client=client, project_name="bench"))


def openinference(folder: Path) -> Watch:
    """Its tracer, and spans that go nowhere."""
    from openinference.instrumentation import OITracer, TraceConfig  # type: ignore[import-not-found]
    from openinference.instrumentation.langchain import (  # type: ignore[import-not-found]
        _tracer as theirs,
    )

    tracer = OITracer(_tracer(), config=TraceConfig())
    return _each(lambda: theirs.OpenInferenceTracer(tracer, False), inline=True)


def openllmetry(folder: Path) -> Watch:
    """Its handler, and spans that go nowhere."""
    from opentelemetry.instrumentation.langchain import (  # type: ignore[import-not-found]
        callback_handler as theirs,
    )
    from opentelemetry.metrics import NoOpMeter

    meter = NoOpMeter("bench")
    histograms = meter.create_histogram("duration"), meter.create_histogram("tokens")
    tracer = _tracer()
    return _each(lambda: theirs.TraceloopCallbackHandler(tracer, *histograms))


def mlflow(folder: Path) -> Watch:
    """The tracer of its autolog, a SQLite store, logging in threads of its own."""
    import mlflow as library  # type: ignore[import-not-found]
    from mlflow.langchain import langchain_tracer as theirs  # type: ignore[import-not-found]

    library.set_tracking_uri(f"sqlite:///{folder}/mlflow.sqlite")
    library.set_experiment("bench")
    return _each(lambda: theirs.MlflowLangchainTracer(run_inline=True))


def _each(make: Callable[[], Any], *, inline: bool = False) -> Watch:
    @contextmanager
    def watch() -> Iterator[list[Any]]:
        handler = make()
        if inline:
            handler.run_inline = True
        yield [handler]

    return watch


def _tracer() -> Any:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    return provider.get_tracer("bench")


TOOLS: dict[str, Callable[[Path], Watch]] = {
    "langsmith": langsmith,
    "openinference": openinference,
    "openllmetry": openllmetry,
    "mlflow": mlflow,
}


def main() -> None:
    """Print what `paired` found, sync and async, as one line of JSON."""
    name, rounds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    watch = TOOLS[name](folder)
    found = {}
    for kind, is_async in (("sync", False), ("async", True)):
        bench = Bench(is_async=is_async)
        found[kind] = paired(bench, watch, rounds=rounds)._asdict()
        bench.close()
    print(json.dumps(found), flush=True)
    os._exit(0)  # what their threads still hold is nobody's; some wait for ever for it


if __name__ == "__main__":
    main()
