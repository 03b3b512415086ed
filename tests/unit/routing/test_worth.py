"""What a solved task is worth, and a budget's pace."""

from random import Random

import pytest

from routing.attempts import Stakes
from routing.worth import Pacer, Worth
from tests.support.verdicts import request


def test_worth_in_attempts_of_the_best() -> None:
    worth = Worth(value=3, harm={"medium": 2}, false_accept=0.1, false_reject=0.05, second_usd=0.01)
    assert worth.stakes("medium", best_usd=0.5) == Stakes(1.5, 3.0, 0.1, 0.05, 0.01)


@pytest.mark.parametrize("best_usd", [None, 0.0, 0.001])
def test_a_solved_task_is_always_worth_something(best_usd: float | None) -> None:
    assert Worth(value=2, least_value_usd=0.05).stakes("low", best_usd=best_usd).value_usd == 0.05


def test_worth_in_dollars() -> None:
    assert Worth(value_usd=0.7).stakes("low", best_usd=9).value_usd == 0.7


def test_harm_rises_with_risk() -> None:
    low, medium, high = (
        Worth().stakes(risk, best_usd=1).harm_usd for risk in ("low", "medium", "high")
    )
    assert low < medium < high


def test_audits_take_the_place_of_the_assumed_share_of_false_accepts() -> None:
    assert Worth().stakes("low", best_usd=1, false_accept=0.2).false_accept == 0.2


def test_the_pacer_is_the_worth_with_its_value() -> None:
    pacer = Pacer(Worth(second_usd=0.01), budget_usd=10, tasks=100, value_usd=0.3)
    assert pacer(request()) == Worth(second_usd=0.01, value_usd=0.3)


def test_who_spends_too_much_values_less() -> None:
    pacer = Pacer(budget_usd=10, tasks=100, value_usd=0.3)
    pacer.spent(0.2)
    assert pacer.value_usd < 0.3


def test_who_spends_little_values_more() -> None:
    pacer = Pacer(budget_usd=10, tasks=100, value_usd=0.3)
    pacer.spent(0.01)
    assert pacer.value_usd > 0.3


def test_at_the_pace_the_value_stays() -> None:
    pacer = Pacer(budget_usd=10, tasks=100, value_usd=0.3)
    pacer.spent(0.1)
    assert pacer.value_usd == pytest.approx(0.3)


@pytest.mark.parametrize("start", [0.05, 1.0, 20.0])
def test_a_budget_is_kept_from_any_start(start: float) -> None:
    draw = Random(1)
    pacer, total = Pacer(budget_usd=100, tasks=1000, value_usd=start), 0.0
    for _ in range(1000):
        # A stand-in for the plan: with the value rises the share of tasks that the dear one gets.
        dear = draw.random() < pacer.value_usd / (pacer.value_usd + 1.5)
        usd = (0.4 if dear else 0.03) * draw.uniform(0.5, 1.5)
        total += usd
        pacer.spent(usd)
    assert total == pytest.approx(100, rel=0.05)


def test_a_budget_that_is_used_up_makes_a_task_worth_less_and_less() -> None:
    pacer = Pacer(budget_usd=1, tasks=10, value_usd=1.0)
    values = []
    for _ in range(10):
        pacer.spent(0.5)
        values.append(pacer.value_usd)
    assert values == sorted(values, reverse=True)
