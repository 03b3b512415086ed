"""A budget is kept before each call, or it is said that it cannot be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.conversation import Message, Usage
from gatewright.domain.errors import BudgetExhausted, ModelFault
from gatewright.testing import ScriptedModel
from nodes.desk import Desk
from tests.unit.nodes.desk_support import Ports, Till, desk

COUNTED = Usage(input_tokens=900, output_tokens=100, source="provider")
SAID = [Message(role="user", content="x" * 300)]


def model(
    *replies: Any, usage: Usage = COUNTED, cost_usd: float | None = 0.5, **more: Any
) -> ScriptedModel:
    prices = {"input_token_usd": 0.0001, "output_token_usd": 0.0001, **more}
    return ScriptedModel("m", replies or ["one", "two"], usage=usage, cost_usd=cost_usd, **prices)


async def twice(at: Desk, **of_model: Any) -> None:
    asked = model(**of_model)
    for _ in range(2):
        await at.reply(asked, SAID, None)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"max_tokens": 2000}, "too small to go on: 1000 of 2000 spent, and it takes 1128"),
        ({"max_tokens": 1140, "max_seconds": 9}, "too small to go on: 1000 of 1140 spent"),
        ({"max_cost_usd": 0.6}, "too small to go on: 0.5 of 0.6 spent, and it takes 0.1128"),
        ({"max_cost_usd": 0.5}, "budget.max_cost_usd is reached: 0.5 of 0.5 spent"),
    ],
)
async def test_a_call_that_a_limit_does_not_allow(budget: dict[str, Any], said: str) -> None:
    with pytest.raises(BudgetExhausted) as stopped:
        await twice(desk(budget=budget))
    assert said in str(stopped.value)


async def test_a_model_without_a_price_is_not_asked_on_a_budget() -> None:
    asked = model(input_token_usd=None)
    with pytest.raises(BudgetExhausted, match="max_cost_usd can no longer be kept"):
        await desk(budget={"max_cost_usd": 100}).reply(asked, SAID, None)
    assert asked.calls == []


async def test_a_cost_that_is_not_known_cannot_be_limited() -> None:
    with pytest.raises(BudgetExhausted, match="max_cost_usd can no longer be kept"):
        await twice(desk(budget={"max_cost_usd": 100}), cost_usd=None)


async def test_tokens_that_nobody_counted_cannot_be_limited() -> None:
    with pytest.raises(BudgetExhausted, match="max_tokens can no longer be kept"):
        await twice(desk(budget={"max_tokens": 9000}), usage=Usage())


async def test_what_is_not_known_matters_only_where_there_is_a_limit() -> None:
    at = desk(budget={"max_seconds": 1000})
    await twice(at, usage=Usage(), cost_usd=None, input_token_usd=None)
    assert (at.spent.calls, at.spent.unpriced_calls, at.spent.uncounted_calls) == (2, 2, 2)


def test_work_that_costs_nothing_is_stopped_by_time_alone() -> None:
    budget = {"max_cost_usd": 0, "max_tokens": 1, "max_seconds": 10}
    desk(budget=budget, spent={"seconds": 9, "input_tokens": 5}).check_time()
    with pytest.raises(BudgetExhausted, match="max_seconds"):
        desk(budget=budget, spent={"seconds": 11}).check_time()


async def test_an_answer_may_be_as_long_as_the_budget_pays_for() -> None:
    asked = model()
    await desk(budget={"max_cost_usd": 0.2}).reply(asked, SAID, None)
    tokens = 100 + 4  # of the message, as the double counts
    assert asked.calls[0].max_output_tokens == round((0.2 - tokens * 0.0001) / 0.0001)


@given(
    allowed=st.floats(0.0, 2.0),
    spent=st.floats(0.0, 2.0),
    price=st.floats(0.0, 0.001),
    house=st.none() | st.floats(0.0, 2.0),
)
async def test_no_call_can_cost_more_than_is_left(
    allowed: float, spent: float, price: float, house: float | None
) -> None:
    purse = Till(house)
    asked = model(input_token_usd=price, output_token_usd=price, cost_usd=0.0)
    at = desk(
        Ports(purse=purse), budget={"max_cost_usd": allowed}, spent={"cost_usd": spent, "calls": 1}
    )
    try:
        await at.reply(asked, SAID, None)
    except BudgetExhausted:
        assert asked.calls == []
    else:
        left = allowed - spent if house is None else min(allowed - spent, house)
        assert sum(purse.reserved.values()) <= left + 1e-9


async def test_money_is_set_aside_before_a_call_and_settled_after() -> None:
    purse = Till(house_usd=10.0)
    at = desk(Ports(purse=purse))
    await at.reply(model(), SAID, None)
    [(key, reserved)] = purse.reserved.items()
    assert reserved == pytest.approx(0.0001 * (104 + 4096))
    assert purse.settled == {key: 0.5}


async def test_a_call_that_brought_nothing_costs_nothing() -> None:
    purse = Till(house_usd=10.0)
    with pytest.raises(ModelFault):
        await desk(Ports(purse=purse)).reply(
            model(ModelFault("m", "overloaded", "busy")), SAID, None
        )
    assert list(purse.settled.values()) == [0.0]


async def test_the_house_can_run_out_before_the_task() -> None:
    at = desk(Ports(purse=Till(house_usd=0.01)), budget={"max_cost_usd": 5})
    with pytest.raises(BudgetExhausted, match="day_usd/month_usd"):
        await at.reply(model(), SAID, None)
