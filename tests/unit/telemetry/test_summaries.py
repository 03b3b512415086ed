"""Days, models, runs and comparisons: what is read back of rows that are known."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from gatewright.cli import report_summaries, report_table
from gatewright.domain.errors import InputError
from gatewright.domain.metrics import Spread, Violation
from gatewright.telemetry.comparing import compare
from gatewright.telemetry.report import report, run_report, subject_report
from gatewright.telemetry.summaries import day_report, model_report, parse_day, trend
from tests.unit.telemetry.samples import T0, Telemetry, call, node, run, sample

B = "b" * 32


@pytest.fixture
def two(folder):
    """Two runs of two tasks; the second began a day later and asked another model."""
    telemetry = Telemetry(folder)
    telemetry.add("runs", run(cpu_pct_min=10.0, cpu_pct_avg=20.0, cpu_pct_max=30.0, sample_count=4))
    telemetry.add("runs", run(B, "t2", 86_400, risk="high", duration_ms=90_000.0))
    first = node("planner", 0, 2, cpu_ms=100.0)
    second = node("planner", 86_401, 3, trace_id=B, cpu_ms=150.0)
    other = node("implementer", 86_410, 5, trace_id=B)
    telemetry.add("node_runs", first, second, other)
    telemetry.add("llm_calls", call(first), call(second, "0.75"))
    telemetry.add("llm_calls", call(other, request_model="gpt-5", status="error", cost_amount=None))
    telemetry.add("hardware_samples", sample(1, 42))
    return folder


def text(print_one, found) -> str:
    out = StringIO()
    print_one(found, Console(file=out, width=250, color_system=None))
    return out.getvalue()


def test_a_day_holds_what_began_on_it(two):
    found = day_report(two, T0.date())
    assert [(row["runs"], row["cost_usd"]) for row in found.trend_by_day] == [(1, 0.5)]
    assert [(row["node"], row["host_cpu_pct_max"]) for row in found.hardware_by_node] == [
        ("planner", 42.0)
    ]
    assert [(row["risk"], row["tasks"]) for row in found.cost_by_risk_and_area] == [("low", 1)]
    assert json.loads(found.model_dump_json())["trend_by_day"][0]["day"] == "2026-03-01"


def test_an_empty_day_says_so(two):
    found = day_report(two, T0.date() - timedelta(days=1))
    assert "Nothing began on 2026-02-28" in text(report_summaries.print_day, found)


def test_a_day_prints_as_tables(two):
    shown = text(report_summaries.print_day, day_report(two, T0.date()))
    assert all(word in shown for word in ("Nodes: cost and hardware", "42 %", "gpt-5-mini", "$0.5"))


def test_the_trend_is_of_the_last_days(folder):
    now = datetime.now(UTC).replace(tzinfo=None)
    telemetry = Telemetry(folder)
    telemetry.add("runs", run(), run(B, started_at=now), run("c" * 32, "t3", started_at=now))
    found = trend(folder)
    assert [(row["day"], row["runs"], row["tasks"]) for row in found.days] == [(now.date(), 2, 2)]
    assert "2 runs, $0.0000" in text(report_summaries.print_trend, found)


def test_a_trend_of_nothing(folder):
    assert "Nothing has run" in text(report_summaries.print_trend, trend(folder))


@pytest.mark.parametrize("name", ["openai/gpt-5-mini", "gpt-5-mini"])
def test_a_model_is_named_with_or_without_its_provider(two, name):
    found = model_report(two, name)
    assert (found.model, found.cost_by_model["cost_usd"]) == ("openai/gpt-5-mini", 1.25)
    assert [(row["node"], row["calls"]) for row in found.calls_by_model_and_node] == [
        ("planner", 2)
    ]
    assert "openai/gpt-5-mini" in text(report_summaries.print_model, found)


def test_an_unknown_model_is_answered_with_those_there_are(two):
    with pytest.raises(InputError, match=r"never called.*openai/gpt-5-mini, openai/gpt-5\."):
        model_report(two, "gpt-6")


def test_a_run_by_the_beginning_of_its_trace_id(two):
    found = run_report(two, "bb")
    assert (found.task_id, found.trace_id, found.totals.runs) == ("t2", B, 1)
    assert [row.node for row in found.nodes] == ["planner", "implementer"]


@pytest.mark.parametrize("trace", ["", "c", "abc"])
def test_a_run_that_is_not_there(two, trace):
    with pytest.raises(InputError, match="run: has no telemetry"):
        run_report(two, trace)


def test_a_beginning_that_two_runs_share(folder):
    Telemetry(folder).add("runs", run("a1" * 16), run("a2" * 16))
    with pytest.raises(InputError, match="begins 2 trace ids"):
        run_report(folder, "a")


def test_the_machine_stands_with_its_run(folder):
    violations = json.dumps([{"metric": "cpu_percent", "limit": 90, "count": 2, "max": 99.5}])
    of_cpu = {"cpu_pct_min": 10.0, "cpu_pct_avg": 50.0, "cpu_pct_max": 99.5}
    took = {"sample_count": 4, "sample_count_in_window": 2, "violations": violations}
    Telemetry(folder).add("runs", run(**of_cpu, **took, threshold_violations=2))
    found = report(folder, "t1")
    hardware = found.runs[0].hardware
    assert hardware is not None
    assert (hardware.cpu_percent, hardware.gpu_percent) == (Spread(min=10, avg=50, max=99.5), None)
    assert hardware.violations == (Violation(metric="cpu_percent", limit=90, count=2, max=99.5),)
    shown = text(report_table.print_report, found)
    assert "cpu 50 % (at most 100), 4 samples, cpu_percent beyond 90 in 2" in shown


def test_nobody_looked_at_the_machine(folder):
    Telemetry(folder).add("runs", run())
    assert report(folder, "t1").runs[0].hardware is None


def test_two_are_compared_by_task_or_run(two):
    found = compare(two, "t1", "bbbb")
    totals = {pair.name: (pair.a, pair.b, pair.difference) for pair in found.totals}
    assert totals["duration_ms"] == (60_000, 90_000, 30_000)
    assert totals["cost_usd"] == (0.5, 0.75, 0.25)
    assert totals["host_cpu_pct_avg"] == (20.0, None, None)
    nodes = {one.node: {pair.name: pair.difference for pair in one.figures} for one in found.nodes}
    assert nodes["planner"]["cpu_ms"] == 50.0
    assert nodes["implementer"]["attempts"] is None
    shown = text(report_summaries.print_comparison, found)
    assert all(word in shown for word in ("+30.00 s", "+$0.2500", "implementer"))


def test_a_task_goes_before_a_run_of_the_same_name(two):
    Telemetry(two).add("runs", run("d" * 32, "aaaa"))
    assert subject_report(two, "aaaa").task_id == "aaaa"


@pytest.mark.parametrize(("word", "back"), [("today", 0), ("yesterday", 1)])
def test_days_have_names(word, back):
    assert parse_day(word) == datetime.now(UTC).date() - timedelta(days=back)


@pytest.mark.parametrize("word", ["", "2026-13-01", "tomorrow", "01.02.2026"])
def test_what_is_no_day(word):
    with pytest.raises(InputError, match="is no day"):
        parse_day(word)


def test_what_others_wrote_is_shown_and_not_obeyed(folder):
    work = node("[red]x\x1b[2J", 0)
    Telemetry(folder).add("runs", run())
    Telemetry(folder).add("node_runs", work)
    shown = text(report_summaries.print_day, day_report(folder, T0.date()))
    assert "[red]x" in shown
    assert "\x1b" not in shown
