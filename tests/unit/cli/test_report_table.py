"""What `gatewright report` prints of the router."""

from io import StringIO
from typing import Any

from rich.console import Console

from gatewright.cli.report_table import print_report
from gatewright.telemetry.report import LossReport, RoutingReport, TaskReport, Totals


def report(*routing: RoutingReport, **totals: Any) -> TaskReport:
    given = {"runs": 1, "duration_ms": 1.0, "llm_calls": 1, "input_tokens": 1, "output_tokens": 1}
    return TaskReport(
        task_id="t",
        runs=(),
        nodes=(),
        gate_checks=(),
        routing=routing or (decision(),),
        totals=Totals.model_validate({**given, "cost_usd": 0.1, **totals}),
        losses=LossReport(
            dropped_events=0,
            lost_events=0,
            dropped={},
            lost={},
            errors={},
            unended_runs=0,
            unreadable_files=(),
        ),
    )


def decision(**fields: Any) -> RoutingReport:
    given = dict.fromkeys(RoutingReport.model_fields)
    return RoutingReport.model_validate(
        {**given, "model": "a/cheap", "reason": "It pays.", **fields}
    )


def lines(shown: TaskReport) -> list[str]:
    out = StringIO()
    print_report(shown, Console(file=out, width=240, highlight=False, color_system=None))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_what_was_spent_stands_beside_the_best_each_time() -> None:
    assert (
        "Spent $0.1000; the best model each time would have cost about $0.4000, "
        "so this was 25 % of it"
    ) in lines(report(best_usd=0.4, best_once_usd=0.4))


def test_had_the_best_passed_at_once_is_said_where_it_differs() -> None:
    assert "The best model, had it always passed at once: $0.3000" in lines(
        report(best_usd=0.4, best_once_usd=0.3)
    )


def test_what_is_not_known_is_not_said() -> None:
    assert not any("best model" in line for line in lines(report(best_usd=None)))


def test_where_everything_was_free_there_is_nothing_to_say() -> None:
    assert not any("best model" in line for line in lines(report(cost_usd=0.0, best_usd=0.0)))


def test_an_unknown_spend_has_no_share() -> None:
    assert ("Spent not known; the best model each time would have cost about $0.4000") in lines(
        report(cost_usd=None, best_usd=0.4)
    )


def test_a_decision_has_what_came_of_it_and_whose_place_it_took() -> None:
    one = decision(verdict="gate", passed=False, fallback_of="b/strong", node="n", stage=1)
    assert "n 1 a/cheap (in place of b/strong) gate failed It pays." in lines(report(one))
