"""A budget is kept, or it is said that it cannot be."""

from typing import Any

import pytest

from gatewright.domain.conversation import Usage
from gatewright.domain.errors import BudgetExhausted
from gatewright.testing import ScriptedModel
from nodes.desk import Desk
from tests.unit.nodes.desk_support import desk

COUNTED = Usage(input_tokens=90, output_tokens=10, source="provider")


async def twice(at: Desk, *, usage: Usage = COUNTED, cost_usd: float | None = 0.5) -> None:
    model = ScriptedModel("m", ["one", "two"], usage=usage, cost_usd=cost_usd)
    for _ in range(2):
        await at.reply(model, [], None)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"max_tokens": 100}, "budget.max_tokens is reached: 100 of 100 spent"),
        ({"max_cost_usd": 0.4}, "budget.max_cost_usd is reached: 0.5 of 0.4 spent"),
    ],
)
async def test_a_limit_that_is_reached(budget: dict[str, Any], said: str) -> None:
    with pytest.raises(BudgetExhausted) as stopped:
        await twice(desk(budget=budget))
    assert str(stopped.value) == said


async def test_a_cost_that_is_not_known_cannot_be_limited() -> None:
    with pytest.raises(BudgetExhausted, match="max_cost_usd can no longer be kept"):
        await twice(desk(budget={"max_cost_usd": 100}), cost_usd=None)


async def test_tokens_that_nobody_counted_cannot_be_limited() -> None:
    with pytest.raises(BudgetExhausted, match="max_tokens can no longer be kept"):
        await twice(desk(budget={"max_tokens": 100}), usage=Usage())


async def test_what_is_not_known_matters_only_where_there_is_a_limit() -> None:
    at = desk(budget={"max_seconds": 1000})
    await twice(at, usage=Usage(), cost_usd=None)
    assert (at.spent.calls, at.spent.unpriced_calls, at.spent.uncounted_calls) == (2, 2, 2)


def test_work_that_costs_nothing_is_stopped_by_time_alone() -> None:
    budget = {"max_cost_usd": 0, "max_tokens": 1, "max_seconds": 10}
    desk(budget=budget, spent={"seconds": 9, "input_tokens": 5}).check_time()
    with pytest.raises(BudgetExhausted, match="max_seconds"):
        desk(budget=budget, spent={"seconds": 11}).check_time()
