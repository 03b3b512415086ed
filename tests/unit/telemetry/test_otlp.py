"""What a collector is told, by a real one on loopback: spans, their ids, metrics and units."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gatewright.telemetry.content import ContentFilter
from gatewright.telemetry.otlp import OtlpSink
from gatewright.telemetry.otlp_session import Pace
from gatewright.telemetry.queue import Row
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import ainvoke, chain, invoke, nested, single, talking
from tests.unit.telemetry.otlp_receiver import Receiver, receiving, values

QUICK = Pace(interval_s=0.02, timeout_s=5.0)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
AT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
AT_NS = 1_795_262_400_123_456_000
NODE, CALL = uuid.UUID(int=7), uuid.UUID(int=8)

CLIENT, INTERNAL, ERROR, UNSET = 3, 1, 2, 0
"""As numbered in OTLP's protobuf."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def send(receiver: Receiver, *rows: Row) -> None:
    sink = OtlpSink(receiver.url, pace=QUICK)
    sink(list(rows))
    sink.close()
    assert (sink.counts.exported, sink.counts.failed, sink.counts.dropped) == (len(rows), 0, 0)


def run(**more: Any) -> Row:
    given = {"trace_id": TRACE, "conversation_id": "t1", "workflow_name": "develop"}
    given |= {"task_id": "t1", "risk": "low", "started_at": AT, "status": "ok"}
    given |= {"ended_at": AT + timedelta(seconds=2), "duration_ms": 2000.0, "cpu_pct_avg": 25.0}
    return Row("runs", {**given, **more})


def node(**more: Any) -> Row:
    given = {"trace_id": TRACE, "run_id": NODE, "parent_run_id": uuid.UUID(int=1), "node": "plan"}
    given |= {"path": "plan", "checkpoint_ns": "plan:1", "started_at": AT, "duration_ms": 1500.0}
    return Row("node_runs", {**given, "cpu_ms": 20.0, "status": "ok", "attempt": 1, **more})


def call(**more: Any) -> Row:
    given = {"trace_id": TRACE, "run_id": CALL, "parent_run_id": NODE, "node": "plan"}
    given |= {"operation_name": "chat", "provider_name": "openai", "request_model": "gpt-5-mini"}
    given |= {"response_model": "gpt-5-mini-1", "response_id": "r1", "finish_reasons": ["stop"]}
    given |= {"input_tokens": 1000, "output_tokens": 20, "cost_amount": Decimal("0.0015")}
    given |= {"cost_currency": "USD", "cost_source": "local", "status": "ok", "streamed": True}
    given |= {"time_to_first_chunk_ms": 250.0, "started_at": AT, "duration_ms": 900.0}
    given |= {"prompt_hash": "0" * 64, "prompt_chars": 4000}
    return Row("llm_calls", {**given, **more})


def test_a_run_is_the_root_of_its_trace(receiver: Receiver) -> None:
    send(receiver, run())
    span = receiver.span("invoke_workflow develop")
    assert (span.trace_id.hex(), span.parent_span_id, span.kind) == (TRACE, b"", INTERNAL)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (AT_NS, AT_NS + 2 * 10**9)
    assert values(span) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "develop",
        "gen_ai.conversation.id": "t1",
        "gatewright.task.id": "t1",
        "gatewright.task.risk": "low",
        "gatewright.status": "ok",
        "gatewright.system.cpu.utilization.avg": 0.25,
    }


def test_a_run_that_has_only_begun_is_no_span_yet(receiver: Receiver) -> None:
    send(receiver, run(ended_at=None, status="running"), node())
    assert [span.name for span in receiver.spans] == ["plan"]


def test_parents_are_known_by_their_ids_whenever_they_come(receiver: Receiver) -> None:
    send(receiver, call())
    send(receiver, node())
    send(receiver, run())
    root, plan, chat = map(receiver.span, ("invoke_workflow develop", "plan", "chat gpt-5-mini"))
    assert (plan.parent_span_id, chat.parent_span_id) == (root.span_id, plan.span_id)
    assert {span.trace_id.hex() for span in (root, plan, chat)} == {TRACE}
    assert len({root.span_id, plan.span_id, chat.span_id}) == 3


def test_a_row_that_comes_twice_is_the_same_span(receiver: Receiver) -> None:
    send(receiver, node(), node())
    one, two = receiver.spans
    assert one == two


def test_a_call_of_a_model(receiver: Receiver) -> None:
    send(receiver, run(ended_at=None, status="running"), call())
    span = receiver.span("chat gpt-5-mini")
    assert (span.kind, span.status.code) == (CLIENT, UNSET)
    assert span.end_time_unix_nano - span.start_time_unix_nano == 900_000_000
    assert values(span) == {
        "gatewright.node.name": "plan",
        "gen_ai.conversation.id": "t1",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "gpt-5-mini-1",
        "gen_ai.response.id": "r1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cost.amount": 0.0015,
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "local",
        "gatewright.prompt.size": 4000,
        "gatewright.status": "ok",
    }


def test_a_call_outside_any_node_stands_under_its_run(receiver: Receiver) -> None:
    send(receiver, call(node=None), run())
    root = receiver.span("invoke_workflow develop")
    assert receiver.span("chat gpt-5-mini").parent_span_id == root.span_id


@pytest.mark.parametrize("make", [run, node, call])
def test_an_error_is_named(receiver: Receiver, make: Any) -> None:
    send(receiver, make(status="error", error_type="rate_limited"))
    [span] = receiver.spans
    assert (span.status.code, values(span)["error.type"]) == (ERROR, "rate_limited")


@pytest.mark.parametrize("status", ["interrupted", "cancelled"])
def test_to_stop_is_no_error(receiver: Receiver, status: str) -> None:
    send(receiver, node(status=status))
    [span] = receiver.spans
    assert (span.status.code, values(span)["gatewright.status"]) == (UNSET, status)


def test_checks_of_the_gate_stand_under_their_node(receiver: Receiver) -> None:
    common = {"trace_id": TRACE, "run_id": NODE, "node": "plan", "checked_at": AT}
    check = {**common, "duration_ms": 100.0, "findings": 2, "evidence": {"text": "hidden"}}
    failed = {**check, "gate": "pytest", "status": "failed", "passed": False}
    passed = {**check, "gate": "mypy", "status": "passed", "passed": True}
    send(receiver, Row("gate_checks", failed), Row("gate_checks", passed), node())
    pytest_, mypy, plan = map(receiver.span, ("gate pytest", "gate mypy", "plan"))
    assert pytest_.parent_span_id == mypy.parent_span_id == plan.span_id
    assert (pytest_.status.code, mypy.status.code) == (ERROR, UNSET)
    assert (pytest_.start_time_unix_nano, pytest_.end_time_unix_nano) == (AT_NS - 10**8, AT_NS)
    assert values(pytest_) == {
        "gatewright.node.name": "plan",
        "gatewright.gate.passed": False,
        "gatewright.gate.findings": 2,
        "gen_ai.evaluation.name": "pytest",
        "gen_ai.evaluation.score.label": "failed",
        "error.type": "failed",
    }


def test_decisions_of_the_router_stand_under_their_node(receiver: Receiver) -> None:
    decision = {"trace_id": TRACE, "run_id": NODE, "role": "planner", "decided_at": AT}
    decision |= {"model": "m1", "candidates": ("m1", "m2"), "excluded": [], "stage": 0}
    send(receiver, Row("routing_decisions", {**decision, "reason": "the first"}), node())
    span = receiver.span("route planner")
    assert span.parent_span_id == receiver.span("plan").span_id
    assert values(span) == {
        "gen_ai.agent.name": "planner",
        "gen_ai.request.model": "m1",
        "gatewright.routing.candidates": ["m1", "m2"],
        "gatewright.routing.excluded": [],
        "gatewright.routing.reason": "the first",
        "gatewright.routing.stage": 0,
    }


def test_nothing_that_was_said_is_exported(receiver: Receiver) -> None:
    sink = OtlpSink(receiver.url, pace=QUICK)
    content = {"trace_id": TRACE, "run_id": CALL, "prompt": "hidden", "completion": "hidden"}
    sink([Row("llm_contents", content), Row("events", {"attributes": {"x": "hidden"}}), node()])
    sink.close()
    assert "hidden" not in str(receiver.spans)
    assert sink.counts.exported == 1


def test_tokens_durations_and_cost_are_added_up(receiver: Receiver) -> None:
    failed = call(status="error", error_type="timeout", input_tokens=None, output_tokens=None)
    failed.values["cost_amount"] = None
    send(receiver, call(), call(), failed)
    tokens = receiver.metric("gen_ai.client.token.usage")
    by_kind = {values(p)["gen_ai.token.type"]: p for p in tokens.histogram.data_points}
    assert tokens.unit == "{token}"
    assert (by_kind["input"].count, by_kind["input"].sum) == (2, 2000)
    assert (by_kind["output"].count, by_kind["output"].sum) == (2, 40)
    assert list(by_kind["input"].explicit_bounds)[:3] == [1, 4, 16]
    took = receiver.metric("gen_ai.client.operation.duration")
    by_error = {values(p).get("error.type"): p for p in took.histogram.data_points}
    assert (took.unit, by_error[None].sum, by_error["timeout"].count) == (
        "s",
        pytest.approx(1.8),
        1,
    )
    assert values(by_error[None]) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.response.model": "gpt-5-mini-1",
    }
    [cost] = receiver.metric("gatewright.model.cost").sum.data_points
    assert cost.as_double == pytest.approx(0.003)


def test_a_price_that_is_not_known_is_not_zero(receiver: Receiver) -> None:
    send(receiver, call(cost_amount=None, cost_currency=None))
    [unpriced] = receiver.metric("gatewright.model.unpriced_calls").sum.data_points
    assert unpriced.as_int == 1
    assert "gatewright.model.cost" not in {metric.name for metric in receiver.metrics}


def test_samples_are_ratios_at_their_own_time(receiver: Receiver) -> None:
    sample = {"host": "h", "pid": 1, "ts": AT, "cpu_pct": 25.0, "mem_pct": 50.0, "disk_pct": 75.0}
    send(receiver, *(Row("hardware_samples", {**sample, "cpu_pct": pct}) for pct in (25.0, 100.0)))
    metric = receiver.metric("system.cpu.utilization")
    assert metric.unit == "1"
    assert [p.as_double for p in metric.gauge.data_points] == [0.25, 1.0]
    assert {p.time_unix_nano for p in metric.gauge.data_points} == {AT_NS}
    assert receiver.metric("system.memory.utilization").gauge.data_points[0].as_double == 0.5


def test_totals_of_the_machine_only_grow(receiver: Receiver) -> None:
    sample = {"ts": AT, "proc_cpu_s": 1.5, "proc_rss_bytes": 2**30, "disk_read_bytes": 10}
    send(receiver, Row("hardware_samples", {**sample, "disk_write_bytes": 20}))
    cpu, memory, disk = map(
        receiver.metric, ("process.cpu.time", "process.memory.usage", "system.disk.io")
    )
    assert (cpu.unit, cpu.sum.is_monotonic, cpu.sum.data_points[0].as_double) == ("s", True, 1.5)
    assert (memory.unit, memory.sum.is_monotonic) == ("By", False)
    assert {values(p)["disk.io.direction"]: p.as_int for p in disk.sum.data_points} == {
        "read": 10,
        "write": 20,
    }


def test_a_gpu_is_a_device_of_its_own(receiver: Receiver) -> None:
    gpu = {"ts": AT, "gpu_index": 0, "gpu_uuid": "GPU-1", "gpu_name": "H200", "gpu_pct": 90.0}
    lost = {"ts": AT, "gpu_index": 1, "error": "GPU_IS_LOST"}
    send(receiver, Row("gpu_samples", {**gpu, "power_w": 700.0}), Row("gpu_samples", lost))
    [busy] = receiver.metric("hw.gpu.utilization").gauge.data_points
    assert (busy.as_double, receiver.metric("hw.power").unit) == (pytest.approx(0.9), "W")
    assert values(busy) == {"hw.id": "GPU-1", "hw.name": "H200", "hw.type": "gpu"}


# Through the sidecar, by real graphs


def export(receiver: Receiver, folder: Path) -> tuple[Sidecar, OtlpSink]:
    sink = OtlpSink(receiver.url, pace=QUICK)
    sidecar = Sidecar(folder, prepare=ContentFilter(folder, capture=False), sinks=[sink])
    sink.report_to(lambda: sidecar.losses)
    return sidecar, sink


def test_a_graph_is_one_trace(receiver: Receiver, tmp_path: Path) -> None:
    sidecar, sink = export(receiver, tmp_path)
    trace = invoke(sidecar, chain("one", "two"))
    sidecar.close()
    sink.close()
    root, one, two = map(receiver.span, ("invoke_workflow chain", "one", "two"))
    assert {span.trace_id.hex() for span in receiver.spans} == {trace}
    assert one.parent_span_id == two.parent_span_id == root.span_id
    assert root.start_time_unix_nano <= one.start_time_unix_nano
    assert two.end_time_unix_nano <= root.end_time_unix_nano
    assert receiver.resources[0]["service.name"] == "gatewright"


def test_a_graph_in_a_graph_stands_under_its_node(receiver: Receiver, tmp_path: Path) -> None:
    sidecar, sink = export(receiver, tmp_path)
    invoke(sidecar, nested())
    sidecar.close()
    sink.close()
    root, outer, inner = map(receiver.span, ("invoke_workflow nested", "outer", "inner"))
    assert (inner.parent_span_id, outer.parent_span_id) == (outer.span_id, root.span_id)


async def test_a_model_in_a_node_stands_under_it(receiver: Receiver, tmp_path: Path) -> None:
    sidecar, sink = export(receiver, tmp_path)
    await ainvoke(sidecar, single(talking))
    sidecar.close()
    sink.close()
    [chat] = [span for span in receiver.spans if span.kind == CLIENT]
    assert chat.parent_span_id == receiver.span("work").span_id
    assert values(chat)["gatewright.prompt.size"] == 2
