"""The plan: at most three attempts, the best of all orders.

Worth of a plan: value x P(a good change is accepted) - harm x P(a bad one is) - expected cost -
price of time. An attempt is made only if those before it failed; the plan may end sooner.

The search is exact whatever the number of models: branch and bound, where the bound of an attempt
is its own worth and the best of anything that could follow it.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Attempt(NamedTuple):
    """An arm, as it is weighed in a plan."""

    model: str
    again: bool
    """Whether the same model makes the attempt just before."""
    stage: int
    chance: float
    """That its change is accepted, if it comes to this attempt."""
    usd: float
    seconds: float = 0.0


class Stakes(NamedTuple):
    """What a task's end is worth, in USD."""

    value_usd: float
    harm_usd: float = 0.0
    false_accept: float = 0.0
    """The share of bad changes that are accepted."""
    false_reject: float = 0.0
    second_usd: float = 0.0


class Plan(NamedTuple):
    """Attempts in order, and what they are worth."""

    attempts: tuple[Attempt, ...]
    worth_usd: float


class Odds(NamedTuple):
    """What an attempt ends with."""

    accepted: float
    good: float
    """Accepted and good."""

    @property
    def bad(self) -> float:
        """Accepted, and bad all the same."""
        return self.accepted - self.good


class _Node(NamedTuple):
    """An attempt of one level of the search."""

    bound: float
    worth: float
    goes_on: float
    """The chance that there is a next attempt."""
    attempt: Attempt


def odds(chance: float, stakes: Stakes) -> Odds:
    """The chance is of the verdict, which is what is counted; a gate that errs is taken out of it.

    accepted = good x (1 - false_reject) + (1 - good) x false_accept, solved for good.
    """
    wrong, lost = stakes.false_accept, stakes.false_reject
    accepted = max(chance, wrong)
    right = min((accepted - wrong) / max(1 - wrong - lost, 1e-9), 1.0)
    return Odds(accepted, accepted - (1 - right) * wrong)


def worth(attempt: Attempt, stakes: Stakes) -> float:
    """Of one attempt by itself, in USD."""
    ends = odds(attempt.chance, stakes)
    gain = stakes.value_usd * ends.good - stakes.harm_usd * ends.bad
    return gain - attempt.usd - attempt.seconds * stakes.second_usd


def search(
    levels: Sequence[Sequence[Attempt]],
    stakes: Stakes,
    *,
    tried: Sequence[str] = (),
) -> Plan:
    """The best plan that begins with an attempt of the first level; one level for each attempt.

    A model makes one attempt, and a second only at once (`again`). `tried` are those before, oldest
    first. Of equals, the one listed first. No attempt that may be made: an empty plan.
    """
    nodes: list[list[_Node]] = []
    after = 0.0
    for level in reversed(levels):
        nodes.insert(0, _bounded(level, stakes, after=after))
        after = max(nodes[0][0].bound, 0.0) if nodes[0] else 0.0
    again = len(tried) > 1 and tried[-1] == tried[-2]
    worth_usd, plan = _best(nodes, 0, frozenset(tried), tried[-1] if tried and not again else None)
    return Plan(plan, worth_usd if plan else 0.0)


def _bounded(level: Sequence[Attempt], stakes: Stakes, *, after: float) -> list[_Node]:
    """The level's attempts, best bound first; `after` is the most that the next level can add."""
    nodes = []
    for attempt in level:
        own, goes_on = worth(attempt, stakes), 1 - odds(attempt.chance, stakes).accepted
        nodes.append(_Node(own + goes_on * after, own, goes_on, attempt))
    return sorted(nodes, key=lambda node: -node.bound)


def _best(
    nodes: Sequence[Sequence[_Node]], depth: int, used: frozenset[str], last: str | None
) -> tuple[float, tuple[Attempt, ...]]:
    """Worth and attempts from this depth on; `last` may try again."""
    if depth == len(nodes):
        return 0.0, ()
    best = float("-inf") if depth == 0 else 0.0
    plan: tuple[Attempt, ...] = ()
    for node in nodes[depth]:
        if node.bound <= best:
            break
        attempt = node.attempt
        if attempt.model != last if attempt.again else attempt.model in used:
            continue
        total, rest = _best(
            nodes, depth + 1, used | {attempt.model}, None if attempt.again else attempt.model
        )
        total = node.worth + node.goes_on * total
        if total > best:
            best, plan = total, (attempt, *rest)
    return best, plan
