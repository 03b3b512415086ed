"""A plan told as a decision: the arms and numbers that it was made with, and one sentence."""

from collections.abc import Mapping, Sequence
from math import prod

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import Considered, Decision, RoutingRequest
from routing.attempts import Attempt, worth
from routing.explain import sentence
from routing.floors import Eligible
from routing.posterior import Belief
from routing.strategies import Question, Weighed

POLICY_VERSION = "plan-1"


def told(
    request: RoutingRequest,
    *,
    plan: Sequence[Attempt],
    question: Question,
    best: Belief,
    who: Eligible,
    cards: Mapping[str, Card],
    strategy: str,
) -> Decision:
    """The decision for the plan's first attempt; `best` is who would be asked at any price."""
    weighed = {_key(arm.attempt): arm for level in question.levels for arm in level}
    steps = [weighed[_key(attempt)] for attempt in plan]
    usd = expected_usd(steps)
    escalates = _rises(request, plan[0].model, cards)
    stakes = question.stakes
    return Decision(
        model=plan[0].model,
        again=plan[0].again,
        candidates=_preferred(plan, question),
        excluded=tuple(name for name in request.exclude if name in who.refused),
        refused=who.refused,
        reason=sentence(
            [_considered(arm) for arm in steps],
            request=request,
            best=_at_once(best),
            expected_usd=usd,
            refused=who.refused,
            strategy=strategy,
            alone=len(who.allowed) == 1,
            escalates=escalates,
        ),
        policy_version=POLICY_VERSION,
        strategy=strategy,
        plan=tuple(attempt.model for attempt in plan),
        considered=tuple(map(_considered, weighed.values())),
        seed=request.seed,
        value_usd=stakes.value_usd,
        harm_usd=stakes.harm_usd,
        false_accept=stakes.false_accept,
        false_reject=stakes.false_reject,
        second_usd=stakes.second_usd,
        expected_usd=usd,
        chance=1 - prod(1 - arm.belief.mean for arm in steps),
        best_model=best.model,
        best_usd=best.usd,
        escalates=escalates,
    )


def expected_usd(steps: Sequence[Weighed]) -> float | None:
    """Of a plan, by what is expected of each arm; None when the first one's price is not known."""
    if steps[0].belief.usd is None:
        return None
    total, reached = 0.0, 1.0
    for arm in steps:
        total += reached * arm.attempt.usd
        reached *= 1 - arm.belief.mean
    return total


def _key(attempt: Attempt) -> tuple[str, bool, int]:
    return attempt.model, attempt.again, attempt.stage


def _rises(request: RoutingRequest, model: str, cards: Mapping[str, Card]) -> bool:
    """Whether the model is of a higher tier than the one that failed just before."""
    before = cards.get(request.tried[-1]) if request.tried and request.stage else None
    now = cards.get(model)
    return now is not None and before is not None and now.tier > before.tier


def _preferred(plan: Sequence[Attempt], question: Question) -> tuple[str, ...]:
    """Everyone who may answer: as in the plan, then by the worth of an attempt now."""
    now = sorted(question.levels[0], key=lambda arm: -worth(arm.attempt, question.stakes))
    names = [attempt.model for attempt in plan] + [arm.attempt.model for arm in now]
    return tuple(dict.fromkeys(names))


def _considered(arm: Weighed) -> Considered:
    belief = arm.belief
    return Considered(
        model=belief.model,
        again=belief.again,
        stage=belief.stage,
        passed=belief.passed,
        failed=belief.failed,
        level=belief.level,
        alpha=belief.alpha,
        beta=belief.beta,
        chance=arm.attempt.chance,
        usd=belief.usd,
        seconds=belief.seconds,
    )


def _at_once(best: Belief) -> Considered:
    return _considered(Weighed(best, Attempt(best.model, False, 0, best.mean, best.usd or 0.0)))
