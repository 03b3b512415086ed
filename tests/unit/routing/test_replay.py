"""A recorded decision comes out the same."""

import pytest

from gatewright.domain.decision import Decision
from routing.history import History
from routing.replay import replay
from routing.strategies import STRATEGIES
from routing.worth import Worth
from tests.support.verdicts import learned, request, router

PRICES = {"a": 0.04, "b": 0.2, "c": 0.46, "d": None}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("tried", [(), ("a",), ("b",), ("a", "b"), ("a", "a")])
def test_from_its_record_alone(strategy: str, tried: tuple[str, ...]) -> None:
    history = learned(History(), "++-+--+", model="a", cost_usd=0.05, duration_s=40)
    worth = Worth(value=3, false_accept=0.1, false_reject=0.05, second_usd=0.001)
    chooser = router(PRICES, history=history, strategy=strategy, worth=worth)
    asked = request(stage=len(tried), tried=tried, seed="x")
    recorded = Decision.model_validate_json(chooser.decide(asked).model_dump_json())
    again = replay(type(asked).model_validate_json(asked.model_dump_json()), recorded)
    assert (again.differences, again.model, again.plan) == ((), recorded.model, recorded.plan)


def test_within_a_budget() -> None:
    asked = request(left_usd=0.3)
    assert replay(asked, router(PRICES).decide(asked)).same


def test_another_seed_shows() -> None:
    decision = router(PRICES).decide(request()).model_copy(update={"seed": "another"})
    assert replay(request(), decision).differences[0].startswith("a at stage 0: chance 0.")


def test_another_choice_shows() -> None:
    decision = router(PRICES).decide(request())
    other = next(name for name in PRICES if name != decision.model)
    forged = decision.model_copy(update={"model": other})
    assert replay(request(), forged).differences == (
        f"{decision.model!r} answers, recorded {other!r}",
    )


def test_a_decision_of_the_table_has_no_record() -> None:
    decision = Decision(
        id="d1", model="a", candidates=("a",), reason="place 1.", policy_version="table-1"
    )
    with pytest.raises(ValueError, match="no arms are recorded of the decision 'd1'"):
        replay(request(), decision)
