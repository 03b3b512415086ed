"""What a task has spent, what its budget leaves, and how long an answer may therefore be."""

from math import nan
from typing import NamedTuple

from gatewright.domain.errors import BudgetExhausted, FaultKind
from gatewright.domain.findings import Frozen
from gatewright.domain.ports import Estimate, Purse
from gatewright.domain.task import Budget

PERHAPS_BILLED: frozenset[FaultKind] = frozenset({"timeout", "connection", "server_error"})
"""Faults after which nobody knows what the call cost: what was set aside for it stays so."""

LEAST_ANSWER = 1_024
"""Tokens: with a budget that buys fewer, a call is not begun; its answer would be cut off."""


class Spent(Frozen):
    """What a task has used so far, over all nodes and resumptions."""

    cost_usd: float = 0.0
    """Of the calls whose price is known."""
    unpriced_calls: int = 0
    uncounted_calls: int = 0
    """Calls whose provider did not say how many tokens they took."""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    """In nodes; waiting for a person is free."""

    def total_usd(self) -> float | None:
        """None as soon as one call's price is not known."""
        return None if self.unpriced_calls else self.cost_usd


class Most(NamedTuple):
    """What one call may take."""

    output_tokens: int | None
    """None: as many as the model gives."""
    usd: float | None
    """With so many; None: nobody asked, or it is not known."""


def budget_left(budget: Budget, spent: Spent) -> float | None:
    """Seconds that are left, or None where there is no limit."""
    return None if budget.max_seconds is None else max(0.0, budget.max_seconds - spent.seconds)


async def left_usd(budget: Budget, spent: Spent, *, purse: Purse) -> float | None:
    """What the task's and the house's budgets leave; None where there is no limit.

    Nothing is left of a limited budget when what was spent of it is not known.
    """
    house = await purse.left_usd()
    if budget.max_cost_usd is None:
        return house
    own = 0.0 if spent.unpriced_calls else max(0.0, budget.max_cost_usd - spent.cost_usd)
    return own if house is None else min(own, house)


async def is_limited(budget: Budget, purse: Purse) -> bool:
    """Whether any budget bounds what a call may take."""
    own = budget.max_cost_usd is not None or budget.max_tokens is not None
    return own or await purse.left_usd() is not None


async def most_of(budget: Budget, spent: Spent, estimate: Estimate, *, purse: Purse) -> Most:
    """How long an answer the budgets pay for, and what the call costs then at most.

    Raises: BudgetExhausted when that is too little to be of use, or cannot be known.
    """
    house = await purse.left_usd()
    used = spent.input_tokens + spent.output_tokens
    limits = [estimate.most_output_tokens]
    if budget.max_tokens is not None:
        limits.append(_by_tokens(budget.max_tokens, used, estimate))
    if budget.max_cost_usd is not None:
        limits.append(_by_price("max_cost_usd", budget.max_cost_usd, spent.cost_usd, estimate))
    if house is not None:
        limits.append(_by_price("of the house", house, 0.0, estimate))
    most = max(min(limits), 1)
    return Most(most, estimate.most_usd(most))


def _by_tokens(allowed: int, used: int, estimate: Estimate) -> int:
    least = min(LEAST_ANSWER, estimate.most_output_tokens)
    left = allowed - used - estimate.input_tokens
    if left < least:
        raise BudgetExhausted("max_tokens", allowed, used, needed=estimate.input_tokens + least)
    return left


def _by_price(limit: str, allowed: float, spent: float, estimate: Estimate) -> int:
    least = min(LEAST_ANSWER, estimate.most_output_tokens)
    needed = estimate.most_usd(least)
    if needed is None or estimate.input_usd is None:
        raise BudgetExhausted(limit, allowed, nan)
    if needed > allowed - spent:
        raise BudgetExhausted(limit, allowed, spent, needed=needed)
    if not estimate.output_token_usd:
        return estimate.most_output_tokens
    return int((allowed - spent - estimate.input_usd) / estimate.output_token_usd)


def keep(limit: str, allowed: float | None, spent: float) -> None:
    """`spent` is NaN when it is not known: then the limit can no longer be kept."""
    if allowed is not None and not spent < allowed:
        raise BudgetExhausted(limit, allowed, spent)
