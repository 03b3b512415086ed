"""The search for the best plan of attempts: exact, and right about gates that err."""

from itertools import product
from random import Random
from typing import Any

import pytest

from routing.attempts import Attempt, Plan, Stakes, odds, search, worth

STAKES = Stakes(value_usd=1.0)


def levels(*stages: dict[str, tuple[float, float]]) -> list[list[Attempt]]:
    """By stage, the chance and the cost of each model; `a+` is `a` again."""
    return [
        [
            Attempt(name.rstrip("+"), name.endswith("+"), stage, chance, usd)
            for name, (chance, usd) in arms.items()
        ]
        for stage, arms in enumerate(stages)
    ]


def names(plan: Plan) -> list[str]:
    return [attempt.model + "+" * attempt.again for attempt in plan.attempts]


def by_hand(plan: tuple[Attempt, ...], stakes: Stakes) -> float:
    total, reached = 0.0, 1.0
    for attempt in plan:
        total += reached * worth(attempt, stakes)
        reached *= 1 - odds(attempt.chance, stakes).accepted
    return total


def allowed(plan: tuple[Attempt, ...], tried: tuple[str, ...]) -> bool:
    row = [(name, False) for name in tried] + [(a.model, a.again) for a in plan]
    if len(tried) > 1 and tried[-1] == tried[-2]:
        row[len(tried) - 1] = (tried[-1], True)
    for place in range(len(tried), len(row)):
        name, again = row[place]
        if again and (place == 0 or row[place - 1] != (name, False)):
            return False
        if not again and name in [earlier for earlier, _ in row[:place]]:
            return False
    return True


def test_the_cheap_one_first_when_it_is_good_enough() -> None:
    arms = {"cheap": (0.6, 0.04), "dear": (0.75, 0.46)}
    assert names(search(levels(arms, {"cheap": (0.3, 0.04), "dear": (0.45, 0.46)}), STAKES)) == [
        "cheap"
    ]


def test_the_dear_one_follows_when_the_task_is_worth_it() -> None:
    arms = {"cheap": (0.6, 0.04), "dear": (0.75, 0.46)}
    later = {"cheap": (0.3, 0.04), "dear": (0.45, 0.46)}
    assert names(search(levels(arms, later), Stakes(2.0))) == ["cheap", "dear"]


def test_a_cheap_one_below_break_even_is_left_out() -> None:
    arms = {"cheap": (0.05, 0.2), "dear": (0.75, 0.46)}
    assert names(search(levels(arms, arms), Stakes(3.0))) == ["dear"]


def test_the_same_again_when_that_is_the_best() -> None:
    first = {"a": (0.5, 0.1), "b": (0.4, 0.1)}
    second = {"a": (0.3, 0.1), "a+": (0.6, 0.1), "b": (0.3, 0.1), "b+": (0.0, 0.1)}
    assert names(search(levels(first, second), STAKES)) == ["a", "a+"]


def test_somebody_is_asked_even_if_it_does_not_pay() -> None:
    assert names(search(levels({"a": (0.1, 5.0), "b": (0.1, 4.0)}), STAKES)) == ["b"]


def test_nobody_may() -> None:
    assert search(levels({"a": (0.5, 0.1)}), STAKES, tried=("a",)) == Plan((), 0.0)


def test_who_tried_last_may_try_again_and_no_one_before() -> None:
    arms = {"a": (0.9, 0.1), "b": (0.9, 0.1), "a+": (0.8, 0.1), "b+": (0.5, 0.1)}
    assert names(search(levels(arms), STAKES, tried=("a", "b"))) == ["b+"]


def test_nobody_tries_three_times() -> None:
    arms = {"a": (0.9, 0.1), "a+": (0.8, 0.1), "b": (0.2, 0.1)}
    assert names(search(levels(arms), STAKES, tried=("a", "a"))) == ["b"]


def test_harm_makes_the_surer_one_worth_its_price() -> None:
    arms = {"cheap": (0.6, 0.04), "dear": (0.9, 0.46)}
    careless = Stakes(1.0, harm_usd=0.0, false_accept=0.15)
    careful = careless._replace(harm_usd=12.0)
    assert [names(search(levels(arms), stakes)) for stakes in (careless, careful)] == [
        ["cheap"],
        ["dear"],
    ]


def test_waiting_has_a_price() -> None:
    level = [Attempt("quick", False, 0, 0.6, 0.1, 10), Attempt("slow", False, 0, 0.7, 0.1, 300)]
    assert names(search([level], Stakes(1.0))) == ["slow"]
    assert names(search([level], Stakes(1.0, second_usd=0.001))) == ["quick"]


@pytest.mark.parametrize(
    ("chance", "fields", "accepted", "good"),
    [
        (0.6, {}, 0.6, 0.6),
        (0.575, {"false_accept": 0.15}, 0.575, 0.5),
        (0.55, {"false_accept": 0.15, "false_reject": 0.05}, 0.55, 0.475),
        (0.01, {"false_accept": 0.15}, 0.15, 0.0),
        (0.99, {"false_reject": 0.05}, 0.99, 0.99),
    ],
)
def test_what_a_gate_that_errs_lets_pass(
    chance: float, fields: dict[str, Any], accepted: float, good: float
) -> None:
    assert odds(chance, Stakes(1.0, **fields)) == pytest.approx((accepted, good))


@pytest.mark.parametrize("seed", range(25))
def test_no_other_plan_is_worth_more(seed: int) -> None:
    draw = Random(seed)
    models = "abcd"[: draw.randint(1, 4)]
    stakes = Stakes(draw.choice([0.2, 1, 5]), draw.choice([0, 3]), draw.choice([0, 0.1]))
    table = [
        [
            Attempt(model, again, stage, draw.random(), draw.random() ** 3)
            for model in models
            for again in ((False, True) if stage else (False,))
        ]
        for stage in range(3)
    ]
    found = search(table, stakes)
    plans = [plan for size in (1, 2, 3) for plan in product(*table[:size]) if allowed(plan, ())]
    assert found.worth_usd == pytest.approx(max(by_hand(plan, stakes) for plan in plans))
    assert found.worth_usd == pytest.approx(by_hand(found.attempts, stakes))


def test_a_hundred_models_are_no_burden() -> None:
    # A full enumeration has a million plans; the bound leaves a few hundred to look at.
    draw = Random(7)
    table = [
        [Attempt(f"m{n}", False, stage, draw.random() * 0.7, draw.random()) for n in range(100)]
        for stage in range(3)
    ]
    found = search(table, Stakes(3.0))
    best = max(
        by_hand((one, two), Stakes(3.0)) for one in table[0] for two in table[1] if one[0] != two[0]
    )
    assert (len({a.model for a in found.attempts}), found.worth_usd >= best) == (3, True)
