"""The joins of queries.sql: cost and hardware by node, and what work that was turned down cost."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sql import queries
from tests.unit.telemetry.samples import Telemetry, at, call, gpu, node, run, sample

ALWAYS = {"since": None, "until": None}


@pytest.fixture
def telemetry(folder) -> Iterator[Telemetry]:
    telemetry = Telemetry(folder)
    telemetry.add("runs", run())
    return telemetry


def view(folder, name: str, *columns: str) -> list[Any]:
    with open_reading(folder) as reading:
        found = reading.sql(f"SELECT * FROM {name} ORDER BY started_at")
    return [tuple(row[column] for column in columns) for row in found]


def test_a_node_stands_with_its_cost_and_the_machine_of_its_process(telemetry, folder):
    work = node("work", 12, 10, cpu_ms=300.0, child_cpu_ms=700.0)
    telemetry.add("node_runs", work)
    telemetry.add("llm_calls", call(work), call(work, "0.25"))
    telemetry.add("hardware_samples", *(sample(s, cpu) for s, cpu in [(10, 5), (15, 20), (20, 40)]))
    telemetry.add("hardware_samples", sample(16, 99, pid=8), sample(16, 98, host="other"))
    telemetry.add("gpu_samples", gpu(15.01, 70), gpu(15.01, 30, index=1, power_w=100.0))
    columns = ("cost_usd", "input_tokens", "cpu_ms", "child_cpu_ms", "host_cpu_pct")
    columns += ("host_cpu_pct_avg", "host_cpu_pct_max", "samples", "gpu_pct", "gpu_pct_max")
    [(cost, *rest)] = view(folder, "v_node_hardware", *columns)
    assert float(cost) == 0.75
    assert rest == [20, 300.0, 700.0, 5.0, 30.0, 40.0, 2, None, 70.0]


def test_a_short_node_has_the_last_sample_before_it(telemetry, folder):
    telemetry.add("node_runs", node("work", 12, 0.1))
    telemetry.add("hardware_samples", sample(10, 5), sample(15, 90))
    telemetry.add("gpu_samples", gpu(10.02, 60))
    columns = ("host_cpu_pct", "host_cpu_pct_avg", "gpu_pct", "samples")
    assert view(folder, "v_node_hardware", *columns) == [(5.0, None, 60.0, 0)]


def test_a_sample_of_long_ago_says_nothing_of_a_node(telemetry, folder):
    telemetry.add("node_runs", node("soon", 10), node("late", 100))
    telemetry.add("hardware_samples", sample(1, 50))
    found = view(folder, "v_node_hardware", "node", "host_cpu_pct")
    assert found == [("soon", 50.0), ("late", None)]


def test_a_node_without_samples_or_run_is_there_nevertheless(telemetry, folder):
    telemetry.add("node_runs", node("work", 0), node("stray", 1, trace_id="c" * 32))
    found = view(folder, "v_node_hardware", "node", "host_cpu_pct", "samples")
    assert found == [("work", None, 0), ("stray", None, 0)]


SECONDS = st.integers(0, 40)


@pytest.mark.slow
@settings(max_examples=15)
@given(
    spans=st.lists(st.tuples(SECONDS, st.integers(0, 20)), min_size=1, max_size=5),
    samples=st.lists(SECONDS, unique=True, max_size=12),
    gpus=st.lists(SECONDS, unique=True, max_size=6),
)
def test_it_is_the_join_that_a_person_would_do_by_hand(tmp_path_factory, spans, samples, gpus):
    folder = tmp_path_factory.mktemp("telemetry")
    telemetry = Telemetry(folder)
    telemetry.add("runs", run(interval_s=60.0))
    nodes = [node("work", begin, length) for begin, length in spans]
    telemetry.add("node_runs", *nodes)
    telemetry.add("hardware_samples", *(sample(s, float(s)) for s in samples))
    telemetry.add("gpu_samples", *(gpu(s, float(s)) for s in gpus))
    expected = {}
    for (begin, length), one in zip(spans, nodes, strict=True):
        inside = [s for s in samples if begin < s <= begin + length]
        drawn = [s for s in gpus if begin < s <= begin + length]
        expected[one["run_id"]] = (
            max((s for s in samples if s <= begin), default=None),
            sum(inside) / len(inside) if inside else None,
            len(inside),
            max((s for s in gpus if s <= begin), default=None),
            max(drawn, default=None),
        )
    columns = ("run_id", "host_cpu_pct", "host_cpu_pct_avg", "samples", "gpu_pct", "gpu_pct_max")
    found = {key: tuple(rest) for key, *rest in view(folder, "v_node_hardware", *columns)}
    assert found == expected


def review(node_name: str, seconds: float, verdict: str) -> dict[str, Any]:
    said = {"verdict": verdict, "message": f"{verdict}: because"}
    about = {"trace_id": "a" * 32, "node": node_name, "ts": at(seconds), "name": "review"}
    return {**about, "category": "task", "attributes": json.dumps(said)}


def check(seconds: float, *, passed: bool, of: uuid.UUID) -> dict[str, Any]:
    about = {"trace_id": "a" * 32, "run_id": of, "node": "quality_gate", "gate": "pytest"}
    return {**about, "checked_at": at(seconds), "passed": passed}


def test_work_that_was_turned_down_is_told_from_what_was_kept(telemetry, folder):
    nodes = [
        node("planner", 0),  # rejected
        node("planner", 2),
        node("implementer", 4),  # rejected
        node("implementer", 6),  # its gate failed
        node("implementer", 10),
        node("implementer", 14, status="error"),
    ]
    telemetry.add("node_runs", *nodes)
    telemetry.add("llm_calls", *(call(one, str(2**n)) for n, one in enumerate(nodes)))
    telemetry.add(
        "events",
        review("plan_reviewer", 1.5, "rejected"),
        review("plan_reviewer", 3.5, "approved"),
        review("code_reviewer", 5.5, "note"),
        review("code_reviewer", 5.5, "rejected"),
        review("code_reviewer", 7.5, "approved"),
        review("code_reviewer", 11.5, "approved"),
    )
    first, second = uuid.uuid4(), uuid.uuid4()
    telemetry.add("gate_checks", check(8, passed=True, of=first), check(9, passed=False, of=first))
    telemetry.add("gate_checks", check(12, passed=True, of=second))
    found = view(folder, "v_rejected_work", "node", "rejected_by", "cost_usd")
    assert [(name, by, float(cost)) for name, by, cost in found] == [
        ("planner", "plan_reviewer", 1),
        ("implementer", "code_reviewer", 4),
        ("implementer", "quality_gate", 8),
        ("implementer", "error", 32),
    ]


def test_an_attempt_that_two_turned_down_counts_once(telemetry, folder):
    telemetry.add("node_runs", node("implementer", 0, status="error"))
    telemetry.add("events", review("code_reviewer", 1.5, "rejected"))
    assert view(folder, "v_rejected_work", "rejected_by") == [("error",)]


def test_the_query_of_rejected_work_says_what_it_cost(telemetry, folder):
    plan = node("planner", 0, cpu_ms=20.0)
    telemetry.add("node_runs", plan)
    telemetry.add("llm_calls", call(plan), call(plan, None))
    telemetry.add("events", review("plan_reviewer", 1.5, "rejected"))
    with open_reading(folder) as reading:
        [row] = reading.query("cost_of_rejected_work", **ALWAYS)
    assert (float(row["cost_usd"]), row["unpriced_calls"], row["llm_calls"]) == (0.5, 1, 2)


def test_a_task_that_was_resumed_has_one_outcome(telemetry, folder):
    telemetry.add("runs", run("b" * 32, begin=100, outcome="failed"))
    work = node("work", 101, trace_id="b" * 32)
    telemetry.add("node_runs", work)
    telemetry.add("llm_calls", call(work))
    with open_reading(folder) as reading:
        [row] = reading.query("cost_by_outcome", **ALWAYS)
    assert (row["outcome"], row["tasks"], float(row["cost_usd"])) == ("failed", 1, 0.5)


PERIODS = sorted(name for name, body in queries().items() if "< coalesce($until" in body)


@pytest.mark.parametrize("name", PERIODS)
def test_a_period_leaves_out_what_is_before_and_after_it(telemetry, folder, name):
    work = node("planner", 0, status="error")
    telemetry.add("node_runs", work)
    telemetry.add("llm_calls", call(work))
    telemetry.add("gate_checks", check(0, passed=False, of=work["run_id"]))
    telemetry.add("gpu_samples", gpu(0.5, 50))
    telemetry.add("routing_decisions", {"role": "planner", "model": "a/b", "decided_at": at(0)})
    with open_reading(folder) as reading:
        assert len(reading.query(name, since=at(0), until=at(1))) == 1
        assert reading.query(name, since=at(1), until=None) == []
        assert reading.query(name, since=None, until=at(0)) == []


def test_the_join_does_not_compare_every_node_with_every_sample(telemetry, folder):
    """20,000 nodes and 4,000 samples: 0.1 s for the join, minutes where each meets each."""
    with duckdb.connect(folder / "telemetry.duckdb") as connection:
        connection.execute(
            "INSERT INTO node_runs BY NAME SELECT repeat('a', 32) AS trace_id, uuid() AS run_id,"
            " 'work' AS node, 'node' AS kind, ?::timestamp + to_seconds(i) AS started_at,"
            " 1500.0 AS duration_ms FROM range(20000) AS t(i)",
            [at(0)],
        ).fetchall()
        connection.execute(
            "INSERT INTO hardware_samples BY NAME SELECT 'h' AS host, 7 AS pid, 50.0 AS cpu_pct,"
            " ?::timestamp + to_seconds(i * 5 + 0.5) AS ts FROM range(4000) AS t(i)",
            [at(0)],
        ).fetchall()
    with open_reading(folder) as reading:
        plan = reading.sql("EXPLAIN SELECT * FROM v_node_hardware")
        [row] = reading.query("hardware_by_node", **ALWAYS)
    assert "Nested Loop" not in str(plan)
    assert (row["attempts"], row["host_cpu_pct_avg"], row["samples"] > 5000) == (20000, 50.0, True)
