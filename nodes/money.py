"""What a task has spent, what its budget leaves, and how long an answer may therefore be."""

from math import nan
from typing import NamedTuple, TypeVar

from pydantic import Field

from gatewright.domain.conversation import Reply
from gatewright.domain.errors import BudgetExhausted, FaultKind
from gatewright.domain.findings import Frozen
from gatewright.domain.ports import Estimate, Purse
from gatewright.domain.task import Budget

PERHAPS_BILLED: frozenset[FaultKind] = frozenset({"timeout", "connection", "server_error"})
"""Faults after which nobody knows what the call cost: what was set aside for it stays so."""

LEAST_ANSWER = 1_024
"""Tokens: with a budget that buys fewer, a call is not begun; its answer would be cut off."""


class Share(Frozen):
    """What one model took in one role."""

    role: str
    model: str
    calls: int = 0
    cost_usd: float = 0.0
    """Of the calls whose price is known."""
    unpriced_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


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
    by: tuple[Share, ...] = ()
    """What it was spent on; empty for what was spent before this was kept."""
    seconds_in: dict[str, float] = Field(default_factory=dict)
    """By node."""

    def total_usd(self) -> float | None:
        """None as soon as one call's price is not known."""
        return None if self.unpriced_calls else self.cost_usd


class Most(NamedTuple):
    """What one call may take."""

    output_tokens: int | None
    """None: as many as the model gives."""
    usd: float | None
    """With so many; None: nobody asked, or it is not known."""


def with_call(spent: Spent, role: str, reply: Reply) -> Spent:
    """The spend with one more answer, in all and in its share."""
    usage = reply.usage
    counted = None not in (usage.input_tokens, usage.output_tokens)
    more = {
        "calls": 1,
        "cost_usd": reply.cost_usd or 0.0,
        "unpriced_calls": int(reply.cost_usd is None),
        "input_tokens": usage.input_tokens or 0,
        "output_tokens": usage.output_tokens or 0,
    }
    old = next((s for s in spent.by if (s.role, s.model) == (role, reply.model)), None)
    share = _plus(old or Share(role=role, model=reply.model), more)
    by = [share if one is old else one for one in spent.by]
    return _plus(spent, {**more, "uncounted_calls": int(not counted)}).model_copy(
        update={"by": tuple(by if old else [*by, share])}
    )


def together(one: Spent, other: Spent) -> Spent:
    """What both have spent."""
    total = _plus(one, {name: getattr(other, name) for name in _SUMMED})
    by = list(total.by)
    for share in other.by:
        at = next(
            (n for n, s in enumerate(by) if (s.role, s.model) == (share.role, share.model)), None
        )
        if at is None:
            by.append(share)
        else:
            by[at] = _plus(by[at], {name: getattr(share, name) for name in _SHARED})
    seconds = dict(total.seconds_in)
    for node, more in other.seconds_in.items():
        seconds[node] = seconds.get(node, 0.0) + more
    return total.model_copy(update={"by": tuple(by), "seconds_in": seconds})


_SHARED = ("calls", "cost_usd", "unpriced_calls", "input_tokens", "output_tokens")
_SUMMED = (*_SHARED, "uncounted_calls", "seconds")
_Counts = TypeVar("_Counts", Spent, Share)


def _plus(record: _Counts, more: dict[str, float]) -> _Counts:
    sums = {name: getattr(record, name) + amount for name, amount in more.items()}
    return record.model_copy(update=sums)


def spending_in_words(spent: Spent) -> str:
    """What was spent, and on what, for a person: the dearest first."""
    tokens = spent.input_tokens + spent.output_tokens
    total = f"{_dollars(spent.total_usd())} and {tokens} tokens in {spent.seconds:.0f} s"
    dearest = sorted(
        spent.by, key=lambda s: (-s.cost_usd, -(s.input_tokens + s.output_tokens), s.role)
    )
    parts = [
        f"{share.role} by {share.model} "
        f"{_dollars(None if share.unpriced_calls else share.cost_usd)}, "
        f"{share.input_tokens + share.output_tokens} tokens"
        for share in dearest
    ]
    slowest = sorted(spent.seconds_in.items(), key=lambda one: -one[1])[:3]
    parts += [f"{seconds:.0f} s in {node}" for node, seconds in slowest if seconds >= 1]
    return f"{total} ({'; '.join(parts)})" if parts else total


def _dollars(usd: float | None) -> str:
    return "cost not known" if usd is None else f"${usd:.4f}"


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
        limits.append(_by_price("day_usd/month_usd", house, 0.0, estimate))
    most = max(min(limits), 1)
    return Most(most, estimate.most_usd(most))


def too_dear(budget: Budget, spent: Spent, *, left: float, needed: float | None) -> BudgetExhausted:
    """Nobody may answer, only because of the `left` dollars: which limit that is of."""
    own = budget.max_cost_usd
    known = needed is not None and not spent.unpriced_calls
    if own is not None and own - spent.cost_usd <= left:
        gone = spent.cost_usd if known else nan
        return BudgetExhausted("max_cost_usd", own, gone, needed=needed)
    return BudgetExhausted("day_usd/month_usd", left, 0.0 if known else nan, needed=needed)


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
