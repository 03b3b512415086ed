"""The router as a whole: who answers, with what plan, and why."""

import asyncio
import re
from typing import Any

import pytest

from gatewright.domain.catalogue import Prior
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.outcome import Counted, Tally
from routing.floors import Rules
from routing.history import History
from routing.recording import POLICY_VERSION
from routing.router import LearningRouter
from routing.strategies import STRATEGIES
from routing.worth import Worth
from tests.support.verdicts import arm, learned, outcome, request, router

PRICES = {"cheap": 0.04, "dear": 0.46}


def history(**stages: tuple[int, int]) -> History:
    """Passed and failed by model and stage: `cheap_0=(60, 40)`."""
    tallies = {}
    for key, (passed, failed) in stages.items():
        model, _, stage = key.partition("_")
        tallies[arm(model, stage=int(stage))] = Tally(passed=passed, failed=failed)
    return History(Counted(tallies))


SEEN: dict[str, tuple[int, int]] = {
    "cheap_0": (600, 400),
    "cheap_1": (30, 70),
    "dear_0": (74, 26),
    "dear_1": (172, 228),
}


@pytest.mark.parametrize(
    ("value", "plan"),
    [(0.5, ("cheap",)), (2.0, ("cheap", "dear")), (0.01, ("cheap",))],
)
def test_the_plan_hangs_on_what_a_solved_task_is_worth(value: float, plan: tuple[str, ...]) -> None:
    worth = Worth(value_usd=value, false_accept=0)
    chooser = router(PRICES, history=history(**SEEN), worth=worth, strategy="balanced", again=False)
    assert chooser.decide(request()).plan == plan


def test_what_is_free_does_not_make_a_solved_task_worthless() -> None:
    prices = {"free": 0.0, "cheap": 0.04}
    decision = router(prices, history=history(free_0=(9, 1)), worth=Worth(value=3.0)).decide(
        request()
    )
    assert decision.best_model == "free"
    assert decision.value_usd == pytest.approx(0.12)


def test_money_that_runs_faster_than_time_makes_a_plan_thriftier() -> None:
    worth = Worth(value_usd=2.0, false_accept=0)
    chooser = router(PRICES, history=history(**SEEN), worth=worth, strategy="balanced", again=False)
    hurried = chooser.decide(request(pace=0.25))
    assert hurried.value_usd == 0.5
    assert (chooser.decide(request()).plan, hurried.plan) == (("cheap", "dear"), ("cheap",))


def test_the_decision_has_the_numbers_that_it_was_made_with() -> None:
    worth = Worth(value_usd=2.0, false_accept=0.02, false_reject=0.01, second_usd=0.001)
    decision = router(
        PRICES, history=history(**SEEN), worth=worth, strategy="balanced", again=False
    ).decide(request(seed="s"))
    assert (
        decision.model,
        decision.policy_version,
        decision.strategy,
        decision.seed,
        decision.value_usd,
        decision.harm_usd,
        decision.false_accept,
        decision.false_reject,
        decision.second_usd,
        decision.best_model,
        decision.best_usd,
    ) == ("cheap", POLICY_VERSION, "balanced", "s", 2.0, 20.0, 0.02, 0.01, 0.001, "dear", 0.46)
    assert decision.expected_usd == pytest.approx(0.04 + 0.4 * 0.46, rel=0.02)
    assert decision.chance == pytest.approx(1 - 0.4 * 0.57, rel=0.02)


def test_every_arm_that_was_weighed_is_told() -> None:
    decision = router(PRICES).decide(request())
    assert sorted((c.stage, c.model, c.again) for c in decision.considered) == [
        (0, "cheap", False),
        (0, "dear", False),
        (1, "cheap", False),
        (1, "cheap", True),
        (1, "dear", False),
        (1, "dear", True),
        (2, "cheap", False),
        (2, "cheap", True),
        (2, "dear", False),
        (2, "dear", True),
    ]


def test_the_reason_is_a_sentence_with_the_counts() -> None:
    decision = router(PRICES, history=history(**SEEN), strategy="balanced").decide(request())
    assert re.search(r"^cheap first: 600 of 1000 passed on medium web .*\.$", decision.reason)


def test_the_same_seed_the_same_answer() -> None:
    chooser = router(PRICES)
    assert chooser.decide(request()) == chooser.decide(request())


def test_other_seeds_draw_other_chances() -> None:
    chooser = router(PRICES)
    chances = {chooser.decide(request(seed=str(n))).considered[0].chance for n in range(20)}
    assert len(chances) == 20


def test_a_verdict_counts_at_once() -> None:
    chooser = router({"cheap": 0.04})
    chooser.decide(request())
    chooser.learn(outcome(1, model="cheap"))
    assert chooser.decide(request()).considered[0].passed == 1


def test_what_is_unknown_gets_tried() -> None:
    chooser = router({"known": 0.1, "new": 0.1}, history=history(known_0=(50, 50)))
    asked = {chooser.decide(request(seed=str(n))).model for n in range(20)}
    assert asked == {"known", "new"}


def test_after_a_failure_the_rest_is_planned_anew_without_who_failed() -> None:
    chooser = router({"a": 0.1, "b": 0.1, "c": 0.1}, strategy="balanced", again=False)
    decision = chooser.decide(request(stage=1, tried=("a",)))
    assert (len(decision.plan), "a" in decision.plan) == (2, False)


def test_who_failed_may_try_again_with_the_findings_at_once() -> None:
    seen = History(Counted({arm("a", stage=1, again=True): Tally(passed=95, failed=5)}))
    chooser = router({"a": 0.1, "b": 0.4}, history=seen, strategy="balanced")
    decision = chooser.decide(request(stage=1, tried=("a",)))
    assert (decision.model, decision.again, decision.plan[0]) == ("a", True, "a")


def test_nobody_tries_a_third_time() -> None:
    seen = History(Counted({arm("a", stage=2, again=True): Tally(passed=95, failed=5)}))
    chooser = router({"a": 0.1, "b": 0.4}, history=seen, strategy="balanced")
    assert chooser.decide(request(stage=2, tried=("a", "a"))).model == "b"


def test_what_is_built_in_answers_the_same_again_and_is_not_asked_twice() -> None:
    decision = router({"builtin/repair": 0.0, "a": 0.1}).decide(
        request(stage=1, tried=("builtin/repair",))
    )
    assert [c.model for c in decision.considered if c.again and c.stage == 1] == []


def test_when_all_have_tried_somebody_answers_all_the_same() -> None:
    decision = router(PRICES).decide(request(stage=7, tried=("cheap", "dear", "cheap", "dear")))
    assert (decision.model in PRICES, len(decision.plan)) == (True, 1)


def test_an_attempt_that_costs_more_than_is_left_is_in_no_plan() -> None:
    decision = router(PRICES, history=history(**SEEN)).decide(request(left_usd=0.2))
    assert ("dear" in decision.plan, decision.refused["dear"]) == (
        False,
        "over what budgets leave: $0.4600 > $0.2000",
    )


def test_a_cost_that_was_learned_counts_against_what_is_left() -> None:
    seen = learned(History(), "+" * 40, model="cheap", cost_usd=0.5)
    learned(seen, "+" * 40, first=100, model="other", cost_usd=0.1)
    decision = router({"cheap": 0.04, "other": 0.04}, history=seen).decide(request(left_usd=0.2))
    assert set(decision.plan) == {"other"}
    assert decision.refused["cheap"].startswith("over what budgets leave: $0.47")


def test_nobody_within_the_budget_is_an_error_that_says_so() -> None:
    seen = learned(History(), "+" * 40, model="cheap", cost_usd=0.5)
    with pytest.raises(EnvironmentFault, match=r"cheap: over what budgets leave"):
        router({"cheap": 0.04}, history=seen).decide(request(left_usd=0.2))


def test_an_unknown_price_is_taken_to_be_the_dearest() -> None:
    prices = {"unknown": None, "cheap": 0.04, "dear": 0.46}
    seen = history(unknown_0=(60, 40), cheap_0=(55, 45), dear_0=(60, 40))
    decision = router(prices, history=seen, strategy="balanced").decide(request())
    assert (decision.model, decision.considered[0].usd) == ("cheap", None)


def test_a_model_of_the_row_that_has_no_card_is_a_model_all_the_same() -> None:
    chooser = LearningRouter(
        [], {"implementer": {"medium": ["a"]}}, history=History(), rules=Rules(), worth=Worth()
    )
    assert chooser.decide(request()).model == "a"


def test_an_empty_row() -> None:
    with pytest.raises(EnvironmentFault, match="no candidates"):
        router({}).decide(request())


def test_rules_come_first() -> None:
    decision = router(PRICES, rules=Rules(deny=("cheap",))).decide(request())
    assert (decision.model, decision.refused) == ("dear", {"cheap": "deny list"})


def test_authors_are_excluded() -> None:
    decision = router(PRICES, role="code_reviewer").decide(
        request(role="code_reviewer", exclude=("cheap",))
    )
    assert (decision.model, decision.excluded) == ("dear", ("cheap",))


def test_a_stronger_model_after_a_failure_is_an_escalation() -> None:
    cards: dict[str, dict[str, Any]] = {"cheap": {"tier": 1}, "dear": {"tier": 3}}
    chooser = router(PRICES, cards=cards, again=False)
    assert chooser.decide(request(stage=1, tried=("cheap",))).escalates
    assert not chooser.decide(request()).escalates


def test_while_nothing_is_known_the_dearest_sets_the_value() -> None:
    assert router(PRICES, worth=Worth(value=2)).decide(request()).value_usd == pytest.approx(0.92)


def test_a_good_cheap_model_does_not_end_the_search_for_a_better_one() -> None:
    seen = history(cheap_0=(12, 8))
    assert router(PRICES, history=seen, worth=Worth(value=2)).decide(
        request()
    ).value_usd == pytest.approx(0.92)


def test_where_the_cheap_one_is_known_to_be_better_it_sets_the_value() -> None:
    seen = history(cheap_0=(80, 20), dear_0=(40, 60))
    assert router(PRICES, history=seen, worth=Worth(value=2)).decide(
        request()
    ).value_usd == pytest.approx(0.08)


def test_the_worth_may_hang_on_the_request() -> None:
    chooser = router(
        PRICES, worth=lambda asked: Worth(value_usd=7.0 if asked.area == "web" else 1.0)
    )
    assert chooser.decide(request()).value_usd == 7.0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_answers_at_every_stage(strategy: str) -> None:
    chooser = router(PRICES, strategy=strategy, history=history(**SEEN))
    for stage, tried in enumerate([(), ("cheap",), ("cheap", "dear"), ("cheap", "dear", "dear")]):
        decision = chooser.decide(request(stage=stage, tried=tried))
        assert (decision.strategy, decision.plan[0]) == (strategy, decision.model)


@pytest.mark.parametrize(
    ("strategy", "models"),
    [
        ("baseline", ["dear", "cheap", "bad", "bad"]),
        ("performance", ["dear", "cheap", "bad", "dear"]),
        ("cost", ["cheap", "dear", "bad", "cheap"]),
    ],
)
def test_the_simple_strategies(strategy: str, models: list[str]) -> None:
    seen = history(cheap_0=(60, 40), dear_0=(74, 26), bad_0=(1, 99), bad_1=(1, 99), bad_2=(1, 99))
    chooser = router(
        {"dear": 0.46, "cheap": 0.04, "bad": 0.03}, history=seen, strategy=strategy, again=False
    )
    tried: tuple[str, ...] = ()
    for stage in range(4):
        tried += (chooser.decide(request(stage=stage, tried=tried)).model,)
    assert list(tried) == models


def test_a_strategy_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"no strategy 'greedy'; use one of baseline, "):
        router(PRICES, strategy="greedy")


def test_a_prior_makes_the_first_day_less_blind() -> None:
    cards = {"dear": {"prior": Prior(rate=0.9, weight=10)}}
    assert router(PRICES, cards=cards).decide(request()).best_model == "dear"


async def test_ready_is_awaited_before_a_choice_and_its_news_count() -> None:
    seen = History()

    async def ready() -> None:
        await asyncio.sleep(0)
        seen.replace(Counted({arm("dear"): Tally(passed=9, failed=1)}))

    decision = await router(PRICES, history=seen, ready=ready, strategy="balanced").choose(
        request()
    )
    assert next((c.passed, c.failed) for c in decision.considered if c.model == "dear") == (9, 1)


async def test_without_a_choice_nothing_is_waited_for() -> None:
    async def ready() -> None:
        raise AssertionError("nothing is to be chosen")

    assert (await router({"a": 0.1}, ready=ready).choose(request())).model == "a"


async def test_nobody_left_is_an_error() -> None:
    with pytest.raises(EnvironmentFault, match="No model may answer as implementer"):
        await router(PRICES).choose(request(exclude=("cheap", "dear")))
