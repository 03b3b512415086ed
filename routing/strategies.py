"""How the next attempt is chosen among those who may answer: five ways, by name.

baseline      the row's order in settings, one place along for each failure; nothing is learned
performance   whoever is likeliest to pass, whatever it costs
cost          the cheapest whose chance is above the ratio of its cost to the best one's
balanced      the plan of the highest worth, by what is expected of each arm
learning      the same by chances drawn from what is believed (Thompson sampling), so that what is
              little known is tried in proportion to the chance that it is the best
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, get_args

from gatewright.domain.decision import RoutingRequest
from routing.attempts import Attempt, Plan, Stakes, search, worth
from routing.beta import quantile, uniform
from routing.history import LAST_STAGE
from routing.posterior import Belief

Strategy = Literal["baseline", "performance", "cost", "balanced", "learning"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
MOST_ATTEMPTS = 3
SHARPEN = 3.0
"""Chances are drawn as if everything had been seen so many times: less is tried for its own sake.

Chapelle and Li, An Empirical Evaluation of Thompson Sampling (2011), call it posterior reshaping;
on replayed outcomes 2 to 4 cut the cost of the first hundred tasks by a third at the same quality
(benchmarks/routing_replay.py), and the plan's later attempts correct what was tried too little."""


class Weighed(NamedTuple):
    """One arm with the chance and the cost that the plan is made with."""

    belief: Belief
    attempt: Attempt


class Question(NamedTuple):
    """What a strategy is asked: the arms of each level, and who has tried."""

    levels: tuple[tuple[Weighed, ...], ...]
    """The first are those who may answer now."""
    stakes: Stakes
    tried: tuple[str, ...]
    stage: int


def ways(name: str) -> Callable[[Question], Plan]:
    """The strategy of this name.

    Raises: ValueError for a name that is none.
    """
    found = _WAYS.get(name)
    if found is None:
        raise ValueError(f"no strategy {name!r}; use one of {', '.join(STRATEGIES)}")
    return found


def chance(belief: Belief, *, seed: str, strategy: str) -> float:
    """The chance that the plan is made with: drawn for `learning`, else the mean."""
    if strategy != "learning":
        return belief.mean
    u = uniform(seed, belief.model, belief.again, belief.stage)
    return quantile(u, SHARPEN * belief.alpha, SHARPEN * belief.beta)


def stages(request: RoutingRequest) -> range:
    """The stages of the attempts that are left: three in all, and one in any case."""
    first = min(request.stage, LAST_STAGE)
    return range(first, max(first + 1, MOST_ATTEMPTS))


def _planned(question: Question) -> Plan:
    levels = [[arm.attempt for arm in level] for level in question.levels]
    plan = search(levels, question.stakes, tried=question.tried)
    # Everyone has tried: somebody must answer, so nobody is out for that.
    return plan if plan.attempts else search(levels, question.stakes)


def _in_the_rows_order(question: Question) -> Plan:
    row = [arm.attempt for arm in question.levels[0] if not arm.attempt.again]
    place = min(question.stage, len(row) - 1)
    return _alone(question, row[place : place + len(question.levels)])


def _likeliest(question: Question) -> Plan:
    arms = _free(question)
    return _alone(question, sorted(arms, key=lambda arm: (-arm.chance, arm.usd))[:1])


def _cheapest_worth_trying(question: Question) -> Plan:
    """A cheap attempt pays only if its chance is above the ratio of the costs (break-even)."""
    arms = _free(question)
    best = max(arms, key=lambda arm: (arm.chance, -arm.usd))
    paying = [arm for arm in arms if arm.usd < arm.chance * best.usd]
    return _alone(question, [min(paying, key=lambda arm: arm.usd, default=best)])


def _free(question: Question) -> list[Attempt]:
    """Who may make this attempt: the last one again, or somebody who has not tried."""
    tried = question.tried
    last = tried[-1] if tried and (len(tried) == 1 or tried[-2] != tried[-1]) else None
    arms = [arm.attempt for arm in question.levels[0]]
    free = [a for a in arms if (a.model == last if a.again else a.model not in tried)]
    return free or [a for a in arms if not a.again]


def _alone(question: Question, attempts: Sequence[Attempt]) -> Plan:
    first = attempts[0]
    return Plan(tuple(attempts), worth(first, question.stakes))


_WAYS: dict[str, Callable[[Question], Plan]] = {
    "baseline": _in_the_rows_order,
    "performance": _likeliest,
    "cost": _cheapest_worth_trying,
    "balanced": _planned,
    "learning": _planned,
}
