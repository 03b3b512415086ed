"""Whatever the collector does, nobody waits for it, and every row is counted once."""

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.domain.errors import InputError
from gatewright.telemetry.otlp import OtlpSink, make_sink
from gatewright.telemetry.otlp_session import Pace
from gatewright.telemetry.queue import Losses, Row
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke, rows
from tests.unit.telemetry.otlp_receiver import OK, Receiver, receiving

pytestmark = pytest.mark.slow

QUICK = Pace(interval_s=0.01, timeout_s=5.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def nodes(count: int) -> list[Row]:
    common = {"trace_id": uuid.uuid4().hex, "node": "n", "path": "n", "status": "ok"}
    return [Row("node_runs", {**common, "run_id": uuid.uuid4()}) for _ in range(count)]


def counted(sink: OtlpSink) -> tuple[int, int, int]:
    return sink.counts.exported, sink.counts.failed, sink.counts.dropped


def test_nobody_listens(nobody: str) -> None:
    losses = Losses()
    sink = OtlpSink(nobody, pace=Pace(interval_s=0.01, timeout_s=0.2))
    sink.report_to(lambda: losses)
    sink(nodes(3))
    sink.close()
    assert counted(sink) == (0, 3, 0)
    assert losses.errors == {"otlp: failed": 3}


def test_a_run_goes_on_while_nobody_listens(nobody: str, tmp_path: Path) -> None:
    sink = OtlpSink(nobody, pace=Pace(interval_s=0.01, timeout_s=0.2))
    with Sidecar(tmp_path, sinks=[sink]) as sidecar:
        sink.report_to(lambda: sidecar.losses)
        invoke(sidecar, chain("one", "two"))
        sidecar.flush()
        sink.close()
        assert sidecar.losses.lost.total() + sidecar.losses.dropped.total() == 0
    assert rows(tmp_path, "node_runs", "node") == ["one", "two"]
    assert counted(sink)[1] >= 3
    errors = [row["errors"] for row in rows(tmp_path, "telemetry_health")]
    assert "otlp: failed" in errors[-1]


def test_a_slow_collector_keeps_nobody_waiting(receiver: Receiver) -> None:
    go_on = threading.Event()
    receiver.answer = lambda number: (go_on.wait(30), OK)[1]
    sink = OtlpSink(receiver.url, pace=Pace(capacity=10, batch_rows=5, interval_s=0.01))
    sink(nodes(5))
    assert receiver.wait_for(lambda: len(receiver.requests) == 1)
    began = time.monotonic()
    sink(nodes(25))
    sink.close(deadline_s=0.1)
    assert time.monotonic() - began < 1.0
    go_on.set()
    assert counted(sink) == (0, 5, 25)


def test_a_full_queue_drops_the_newest(receiver: Receiver) -> None:
    sink = OtlpSink(receiver.url, pace=Pace(capacity=10, interval_s=30))
    first, second = nodes(8), nodes(8)
    sink(first)
    sink(second)
    sink.close()
    assert counted(sink) == (10, 0, 6)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_collector_is_asked_again(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda number: OK if number else (status, {"Retry-After": "0"})
    sink = OtlpSink(receiver.url, pace=QUICK)
    sink(nodes(2))
    sink.close()
    assert counted(sink) == (2, 0, 0)
    assert len(receiver.spans) == 2
    assert receiver.requests == ["/v1/traces"] * 2


@pytest.mark.parametrize("status", [429, 503])
def test_what_takes_too_long_is_given_up(receiver: Receiver, status: int) -> None:
    """Retry-After is beyond the time that a batch has."""
    receiver.answer = lambda number: (status, {"Retry-After": "60"})
    sink = OtlpSink(receiver.url, pace=QUICK)
    sink(nodes(2))
    sink.close()
    assert counted(sink) == (0, 2, 0)
    assert len(receiver.requests) == 1


def test_while_it_waits_it_can_be_closed(receiver: Receiver) -> None:
    receiver.answer = lambda number: (503, {"Retry-After": "20"})
    sink = OtlpSink(receiver.url, pace=Pace(batch_rows=2, interval_s=0.01, timeout_s=30))
    sink(nodes(6))
    assert receiver.wait_for(lambda: len(receiver.requests) == 1)
    began = time.monotonic()
    sink.close(deadline_s=0.2)
    assert time.monotonic() - began < 2.0
    assert counted(sink) == (0, 2, 4)


def test_a_refusal_is_final(receiver: Receiver) -> None:
    receiver.answer = lambda number: (400, {})
    sink = OtlpSink(receiver.url, pace=QUICK)
    sink(nodes(2))
    sink.close()
    assert (counted(sink), len(receiver.requests)) == ((0, 2, 0), 1)


def test_it_is_told_once_and_again_when_it_works(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    receiver.answer = lambda number: OK if number > 2 else (400, {})
    sink = OtlpSink(receiver.url, pace=Pace(batch_rows=1, interval_s=0.01))
    sink(nodes(5))
    sink.close()
    events = [message.split()[0] for message in caplog.messages]
    assert events == ["event=otlp_export_failed", "event=otlp_export_works_again"]
    assert counted(sink) == (2, 3, 0)


def test_closing_sends_what_is_queued(receiver: Receiver) -> None:
    sink = OtlpSink(receiver.url, pace=Pace(batch_rows=3, interval_s=60))
    sink(nodes(2))
    sink.close()
    assert (counted(sink), len(receiver.spans)) == ((2, 0, 0), 2)


def test_closing_twice_is_safe_and_rows_begin_anew(receiver: Receiver) -> None:
    sink = OtlpSink(receiver.url, pace=QUICK)
    sink(nodes(1))
    sink.close()
    sink.close()
    sink(nodes(1))
    sink.close()
    assert (counted(sink), len(receiver.spans)) == ((2, 0, 0), 2)


def test_a_row_that_is_none_costs_its_batch(receiver: Receiver) -> None:
    sink = OtlpSink(receiver.url, pace=QUICK)
    sink([Row("node_runs", {"duration_ms": "soon"})])
    sink.close()
    sink(nodes(1))
    sink.close()
    assert counted(sink) == (1, 1, 0)


def test_without_rows_there_is_no_thread(receiver: Receiver) -> None:
    before = set(threading.enumerate())
    sink = OtlpSink(receiver.url)
    sink([Row("events", {"name": "x"})])
    assert set(threading.enumerate()) <= before
    sink.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_a_sink_of_its_own(receiver: Receiver) -> None:
    sink = OtlpSink(receiver.url, pace=Pace(interval_s=60))
    sink(nodes(1))
    child = os.fork()
    if not child:
        code = 1
        try:
            sink.close()
            sink(nodes(2))
            sink.close()
            code = 0 if counted(sink) == (2, 0, 0) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    sink.close()
    assert (counted(sink), len(receiver.spans)) == ((1, 0, 0), 3)


def test_at_exit_the_last_rows_are_sent(receiver: Receiver, tmp_path: Path) -> None:
    """The sidecar is closed first, whatever was imported first, and by nobody else."""
    code = (
        "import sys; from pathlib import Path\n"
        "from gatewright.telemetry.otlp import make_sink\n"
        "from gatewright.telemetry.sidecar import Sidecar\n"
        "sidecar = Sidecar(Path(sys.argv[1]), sinks=[make_sink(sys.argv[2])])\n"
        "sidecar.record('routing_decisions', {'trace_id': 't', 'role': 'planner'})\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), receiver.url], check=True)
    assert [span.name for span in receiver.spans] == ["route planner"]


# The setting


def test_no_endpoint_no_sink() -> None:
    assert make_sink(None) is None


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://host", "http://", ""])
def test_what_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(InputError, match=r"telemetry\.otlp_endpoint: is no http"):
        make_sink(endpoint)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="OTEL_EXPORTER_OTLP_HEADERS") as refused:
        make_sink("http://me:hunter2!@host:4318")
    assert "hunter2" not in str(refused.value)


def test_without_the_extra() -> None:
    """Everything can be imported; only an endpoint needs it, and says so."""
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import gatewright.app\n"
        "from gatewright.telemetry.otlp import make_sink\n"
        "assert make_sink(None) is None\n"
        "make_sink('http://localhost:4318')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("gatewright.domain.errors.InputError: setting telemetry.otlp_endpoint")
    assert "pip install gatewright[otlp]" in last
