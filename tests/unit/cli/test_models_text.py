"""What `gatewright models` prints."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gatewright.cli.models_text import print_models
from gatewright.cli.simulation_text import print_simulation
from gatewright.learning.episodes import Spent
from gatewright.learning.expected import Estimate
from gatewright.learning.simulate import Simulation
from gatewright.telemetry.model_figures import (
    ArmFigures,
    Change,
    CircuitSeen,
    ModelFigures,
    Success,
)

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINI = "openai/gpt-5-mini"


def arm(**fields: Any) -> ArmFigures:
    given = {
        "role": "implementer",
        "risk": None,
        "area": None,
        "model": MINI,
        "first": Success.of(31, 19),
        "later": Success.of(0, 0),
        "usd": 0.04,
        "total_usd": 2.0,
        "unpriced": 0,
        "p50_s": 12.0,
        "p95_s": 40.0,
        "audited": 0,
        "false_accepts": 0,
        "last_at": AT,
    }
    return ArmFigures.model_validate({**given, **fields})


def figures(*arms: ArmFigures, **fields: Any) -> ModelFigures:
    empty: dict[str, Any] = {"changes": (), "circuits": (), "unreadable_files": ()}
    return ModelFigures(**{"days": 30, "lately_days": 7, "arms": arms, **empty, **fields})


def lines(show: Callable[[Any, Console], None], found: object) -> list[str]:
    out = StringIO()
    show(found, Console(file=out, width=240, highlight=False, color_system=None))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_an_arm_has_counts_interval_cost_and_time() -> None:
    assert (f"all {MINI} 31 of 50 62 % (48-74) - $0.0400 $2.00 12.0 s 40.0 s -") in lines(
        print_models, figures(arm())
    )


@pytest.mark.parametrize(
    ("risk", "area", "said"),
    [("high", None, "high all"), ("high", "django", "high django"), ("low", "", "low (none)")],
)
def test_risks_and_areas_stand_below_the_whole(risk: str, area: str | None, said: str) -> None:
    shown = lines(print_models, figures(arm(), arm(risk=risk, area=area)))
    assert any(line.startswith(f"{said} {MINI} ") for line in shown)


def test_what_was_bad_after_all_is_shown_of_what_was_looked_at() -> None:
    [line] = [
        line
        for line in lines(print_models, figures(arm(audited=9, false_accepts=2)))
        if line.startswith("all")
    ]
    assert line.endswith("2 of 9")


def test_attempts_without_a_price_are_counted() -> None:
    assert any(
        "$2.00 + 3 not known" in one for one in lines(print_models, figures(arm(unpriced=3)))
    )


def test_of_many_areas_the_busiest_are_shown() -> None:
    areas = [
        arm(risk="low", area=f"area-{number}", first=Success.of(number, 0))
        for number in range(1, 41)
    ]
    shown = lines(print_models, figures(arm(), *areas))
    assert "and 10 more in areas; --json has all" in shown
    assert not any(line.startswith("low area-10 ") for line in shown)
    assert any(line.startswith("low area-11 ") for line in shown)


def test_each_role_has_a_table_of_its_own() -> None:
    shown = lines(print_models, figures(arm(), arm(role="planner")))
    assert [line for line in shown if line.endswith("in the last 30 days")] == [
        "implementer, in the last 30 days",
        "planner, in the last 30 days",
    ]


def test_what_changed_lately_says_by_how_much() -> None:
    change = Change(
        role="implementer",
        model=MINI,
        before=Success.of(60, 40),
        lately=Success.of(5, 45),
        low=-0.61,
        high=-0.35,
        changed=True,
        usd_before=0.04,
        usd_lately=0.05,
        p50_s_before=12.0,
        p50_s_lately=None,
    )
    assert (
        f"implementer {MINI} 60 % (60 of 100) 10 % (5 of 50) -50 (-61 to -35) "
        "$0.0400 → $0.0500 12.0 s → - changed"
    ) in lines(print_models, figures(arm(), changes=(change,)))


def test_the_last_seen_circuit_is_named_with_its_time() -> None:
    seen = CircuitSeen(model=MINI, at=AT, message="5 faults", state="open")
    assert (f"circuit of {MINI} open, last seen 2026-11-20 12:00:00 UTC: 5 faults") in lines(
        print_models, figures(circuits=(seen,))
    )


def test_nothing_yet_says_so() -> None:
    assert lines(print_models, figures()) == [
        "No attempt has come to a verdict in the last 30 days; see docs/routing.md."
    ]


def simulation(**fields: Any) -> Simulation:
    done = Spent(
        role="implementer",
        questions=10,
        attempts=14,
        passed=9,
        undecided=1,
        cost_usd=2.0,
        unpriced=0,
    )
    other = Estimate(
        policy="cost",
        role="implementer",
        passed=8.5,
        cost_usd=0.5,
        unpriced=0.0,
        attempts=20.0,
        thin=0.25,
        models={MINI: 15.0, "gemini/pro": 5.0},
    )
    return Simulation(**{"days": 30, "spent": (done,), "estimates": (other,), **fields})


def test_what_was_really_spent_stands_before_the_estimates() -> None:
    shown = lines(print_simulation, simulation())
    really = shown.index("really done 90 % $2.00 14")
    assert shown[really + 1] == (
        f"est. cost 85 % $0.5000 25 % 20.0 25 % {MINI} 75 %, gemini/pro 25 %"
    )


def test_a_role_without_verdicts_is_no_table() -> None:
    silent = Spent(
        role="planner", questions=0, attempts=0, passed=0, undecided=3, cost_usd=0, unpriced=0
    )
    assert lines(print_simulation, simulation(spent=(silent,), estimates=()))[0] == (
        "planner: 3 questions without a verdict left out"
    )


def test_it_is_labelled_as_an_estimate() -> None:
    assert any(
        line.startswith("An estimate, not a replay")
        for line in lines(print_simulation, simulation())
    )


def test_an_empty_history_simulates_nothing() -> None:
    assert lines(print_simulation, simulation(spent=(), estimates=(), days=3)) == [
        "No question was put to the router in the last 3 days."
    ]
