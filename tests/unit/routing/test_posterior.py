"""What is believed of an arm: from a guess to its own verdicts, by way of its neighbours'."""

from typing import Any

import pytest

from gatewright.domain.catalogue import Card, Prior
from routing.history import History
from routing.posterior import AGAIN, COLD_MASS, KAPPA, LATER, Belief, beliefs, guess_scale
from tests.support.verdicts import learned

MANY = "++-+-" * 20


def believed(history: History | None = None, *, area: str = "web", **card: Any) -> list[Belief]:
    return beliefs(
        Card(name="a", **card),
        history=history or History(),
        role="implementer",
        risk="medium",
        area=area,
    )


def first(history: History | None = None, **fields: Any) -> Belief:
    return believed(history, **fields)[0]


def test_the_arms_of_a_model() -> None:
    assert [(b.stage, b.again) for b in believed()] == [
        (0, False),
        (1, False),
        (2, False),
        (1, True),
        (2, True),
    ]


def test_cold() -> None:
    assert (first().alpha, first().beta, first().usd) == (1.0, 1.0, None)


def test_own_verdicts_add_to_the_guess() -> None:
    belief = first(learned(History(), "+++-"))
    assert (belief.passed, belief.failed, belief.alpha, belief.beta) == (3, 1, 4, 2)


def test_without_an_area_the_risks_verdicts_count_in_full() -> None:
    belief = first(learned(History(), MANY, area="web"), area="")
    assert (belief.passed, belief.alpha, belief.beta) == (60, 61, 41)


@pytest.mark.parametrize(
    "elsewhere", [{"area": "db"}, {"risk": "low"}, {"role": "planner"}], ids=str
)
def test_neighbours_count_as_some_attempts_at_most(elsewhere: dict[str, Any]) -> None:
    belief = first(learned(History(), MANY, **elsewhere))
    assert (belief.alpha + belief.beta, belief.mean) == pytest.approx((KAPPA, 61 / 102))


def test_the_counts_told_are_of_the_nearest_level_that_has_any() -> None:
    history = learned(History(), "++--", risk="low")
    learned(history, "+--", first=10, area="db")
    assert (first(history).passed, first(history).failed) == (1, 2)


def test_a_prior_is_the_start() -> None:
    belief = first(prior=Prior(rate=0.8, weight=10))
    assert (belief.alpha, belief.beta) == pytest.approx((8, 2))


def test_a_prior_without_weight_says_nothing() -> None:
    assert first(prior=Prior(rate=1, weight=0)).mean == 0.5


def test_a_heavy_prior_is_not_cut_to_the_neighbours_measure() -> None:
    belief = first(prior=Prior(rate=0.5, weight=100))
    assert belief.alpha + belief.beta == pytest.approx(100)


def test_our_own_verdicts_outweigh_a_prior() -> None:
    assert first(learned(History(), "-" * 50), prior=Prior(rate=0.9, weight=10)).mean < 0.2


def test_a_later_stage_starts_from_a_share_of_the_one_before() -> None:
    one, two, three, again, again_later = believed(learned(History(), MANY))
    assert [b.mean for b in (two, three, again, again_later)] == pytest.approx(
        [LATER * one.mean, LATER**2 * one.mean, AGAIN * one.mean, AGAIN * LATER * one.mean]
    )
    assert two.alpha + two.beta == pytest.approx(COLD_MASS)


def test_a_later_stage_learns_by_itself() -> None:
    history = learned(History(), "-" * 60)
    learned(history, "+" * 60, first=100, stage=1)
    one, two, *_ = believed(history)
    assert (one.mean < 0.05, two.mean > 0.9) == (True, True)


def test_the_cost_of_an_attempt_by_tokens() -> None:
    belief = beliefs(
        Card(name="a", input_usd=1e-6, output_usd=1e-5),
        history=History(),
        role="planner",
        risk="low",
        input_tokens=50_000,
    )[0]
    assert belief.usd == pytest.approx(0.05 + 0.04)


def test_measured_costs_take_the_place_of_the_expected_one() -> None:
    belief = first(learned(History(), "+" * 98, cost_usd=0.3), attempt_usd=0.1)
    assert belief.usd == pytest.approx((2 * 0.1 + 98 * 0.3) / 100)


def test_a_cost_that_nobody_told_is_learned() -> None:
    assert first(learned(History(), "+-", cost_usd=0.3)).usd == pytest.approx(0.3)


def test_a_later_stage_costs_what_the_first_does_until_it_was_measured() -> None:
    history = learned(History(), "+" * 50, cost_usd=0.1)
    learned(history, "+" * 200, first=100, stage=1, cost_usd=0.2)
    costs = [belief.usd for belief in believed(history)]
    assert costs == pytest.approx([0.1, 0.199, 0.199, 0.1, 0.199], abs=1e-4)


def test_time_is_learned_as_cost_is() -> None:
    assert first(learned(History(), "+-", duration_s=30), attempt_s=10).seconds == 20


TOKENS = {"input_usd": 1e-6, "output_usd": 1e-5}
"""A guess of 0.06 USD for an attempt."""


def test_what_one_model_really_cost_corrects_the_guess_for_others() -> None:
    history = learned(History(), "+" * 18, model="known", cost_usd=0.006)
    cards = [Card(name=name, **TOKENS) for name in ("known", "new")]
    scale = guess_scale(cards, history=history, role="implementer")
    assert scale == pytest.approx((2 + 18 * 0.1) / 20)
    new = beliefs(cards[1], history=history, role="implementer", risk="low", scale=scale)[0]
    assert new.usd == pytest.approx(0.06 * scale)


def test_a_cost_that_is_given_is_no_guess() -> None:
    history = learned(History(), "+" * 18, cost_usd=0.006)
    cards = [Card(name="a", attempt_usd=0.06), Card(name="unpriced")]
    assert guess_scale(cards, history=history, role="implementer") == 1
    given = beliefs(cards[0], history=History(), role="planner", risk="low", scale=0.1)[0]
    assert given.usd == 0.06
