"""What a run would have cost with the best model, and its decisions in the report."""

import pytest

from gatewright.telemetry.decisions import decision_row
from gatewright.telemetry.report import report, run_report
from gatewright.telemetry.summaries import day_report
from tests.unit.telemetry.samples import T0, Telemetry, run
from tests.unit.telemetry.verdicts import after, decision, outcome, request, write

A, B = "a" * 32, "b" * 32


@pytest.fixture
def telemetry(folder):
    """One run of one task."""
    written = Telemetry(folder)
    written.add("runs", run(A, cost_amount="0.125"))
    return written


def decided(name: str, best_usd: float | None, trace: str = A, second: float = 0, **more):
    """A row of `routing_decisions`, of columns that the report reads."""
    stage = more.pop("stage", 0)
    chosen = decision(name, best_usd=best_usd, **more)
    row = decision_row(request(stage=stage), chosen, task_id="t1", at=after(second))
    left_out = ("considered", "refused", "request")
    return {"trace_id": trace, **{k: v for k, v in row.items() if k not in left_out}}


def best(folder):
    [found] = report(folder, "t1").runs
    return found.best_usd, found.best_once_usd


def test_the_best_model_is_asked_as_often_or_only_at_first(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5), decided("2", 0.25, stage=1))
    assert best(folder) == (0.75, 0.5)


def test_it_stands_beside_what_was_spent(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5))
    [found] = report(folder, "t1").runs
    assert (found.cost_usd, found.best_usd) == (0.125, 0.5)


def test_one_unknown_price_makes_it_unknown(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5), decided("2", None))
    assert best(folder) == (None, None)


def test_who_takes_anothers_place_is_not_asked_in_addition(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5))
    telemetry.add("routing_decisions", decided("1", None, second=1, fallback_of="a/b"))
    telemetry.add("routing_decisions", decided("1b", 0.5, second=2, fallback_of="a/b"))
    assert best(folder) == (0.5, 0.5)


def test_a_node_that_ran_again_is_counted_once(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5), decided("1", 0.5, second=9))
    assert best(folder) == (0.5, 0.5)


def test_a_run_that_asked_nobody_has_none(telemetry, folder):
    assert best(folder) == (None, None)
    assert report(folder, "t1").totals.best_usd is None


def test_a_tasks_runs_are_added_up_but_those_that_asked_nobody(telemetry, folder):
    telemetry.add("runs", run(B, begin=100), run("c" * 32, begin=200))
    telemetry.add("routing_decisions", decided("1", 0.5), decided("2", 0.25, B, stage=2))
    totals = report(folder, "t1").totals
    assert (totals.best_usd, totals.best_once_usd) == (0.75, 0.5)
    assert run_report(folder, B).totals.best_usd == 0.25


def test_what_is_unknown_of_one_run_is_unknown_of_the_task(telemetry, folder):
    telemetry.add("runs", run(B, begin=100))
    telemetry.add("routing_decisions", decided("1", 0.5), decided("2", None, B))
    assert report(folder, "t1").totals.best_usd is None


def test_a_decision_is_reported_with_its_plan_and_its_verdict(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5, expected_usd=0.28, chance=0.9))
    write(folder, outcome("1", "review"), outcome("1", "gate", passed=False, at=after(9)))
    [found] = report(folder, "t1").routing
    assert (found.decision_id, found.plan, found.chance) == ("1", ("a/b", "c/d"), 0.9)
    assert (found.expected_usd, found.best_model, found.best_usd) == (0.28, "c/d", 0.5)
    assert (found.verdict, found.passed, found.fallback_of) == ("gate", False, None)


def test_a_fault_is_no_verdict_on_who_did_not_answer(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5))
    telemetry.add("routing_decisions", decided("1", 0.5, second=1, fallback_of="a/b", model="c/d"))
    write(folder, outcome("1", model="c/d"))
    found = report(folder, "t1").routing
    assert [(one.model, one.verdict) for one in found] == [("a/b", None), ("c/d", "gate")]


def test_a_day_says_whom_the_router_chose(telemetry, folder):
    telemetry.add("routing_decisions", decided("1", 0.5))
    telemetry.add("routing_decisions", decided("2", 0.25, stage=1, escalates=True))
    telemetry.add("routing_decisions", decided("2", None, second=1, fallback_of="c/d"))
    write(folder, outcome("1", passed=False), outcome("2", stage=1))
    [found] = day_report(folder, T0.date()).decisions_by_model
    counts = ("decisions", "after_failure", "escalations", "fallbacks", "passed", "failed")
    assert [found[name] for name in counts] == [3, 1, 1, 1, 1, 1]
    assert (found["cost_usd"], found["best_usd"]) == (0.5, 0.75)
