"""A decision that was recorded, made once more from its record alone."""

from typing import NamedTuple

from gatewright.domain.decision import Considered, Decision, RoutingRequest
from routing.attempts import Attempt, Stakes
from routing.posterior import Belief
from routing.strategies import Question, Weighed, chance, stages, ways

_SAME = 1e-9
"""Chances that differ by less are the same: a mathematical library may differ in the last digit."""


class Replayed(NamedTuple):
    """What comes out of the record."""

    model: str
    again: bool
    plan: tuple[str, ...]
    differences: tuple[str, ...]
    """What is not as recorded, for people; empty: it is the same decision."""

    @property
    def same(self) -> bool:
        """Whether it is the same decision."""
        return not self.differences


def replay(request: RoutingRequest, decision: Decision) -> Replayed:
    """Draw the chances anew from the recorded counts and seed, and plan with them.

    Raises: ValueError for a decision of a router that recorded no arms (`table-1`), or of a
    strategy that is none.
    """
    if not decision.considered:
        raise ValueError(f"no arms are recorded of the decision {decision.id!r}")
    way = ways(decision.strategy)
    dearest = max((arm.usd or 0.0 for arm in decision.considered), default=0.0)
    arms = [_weighed(arm, decision, dearest) for arm in decision.considered]
    levels = tuple(
        tuple(arm for arm in arms if arm.attempt.stage == stage) for stage in stages(request)
    )
    question = Question(levels, _stakes(decision), request.tried, request.stage)
    plan = way(question).attempts
    again, models = plan[0].again, tuple(attempt.model for attempt in plan)
    return Replayed(
        plan[0].model,
        again,
        models,
        _differences(decision, arms, models, again=again),
    )


def _differences(
    decision: Decision, arms: list[Weighed], plan: tuple[str, ...], *, again: bool
) -> tuple[str, ...]:
    found = [
        f"{arm.model} at stage {arm.stage}: chance {fresh.attempt.chance:.6f}, "
        f"recorded {arm.chance:.6f}"
        for arm, fresh in zip(decision.considered, arms, strict=True)
        if abs(fresh.attempt.chance - arm.chance) > _SAME
    ]
    if plan != decision.plan:
        found.append(f"plan {', '.join(plan)}, recorded {', '.join(decision.plan)}")
    if (plan[0], again) != (decision.model, decision.again):
        found.append(f"{plan[0]!r} answers, recorded {decision.model!r}")
    return tuple(found)


def _stakes(decision: Decision) -> Stakes:
    return Stakes(
        value_usd=decision.value_usd or 0.0,
        harm_usd=decision.harm_usd or 0.0,
        false_accept=decision.false_accept,
        false_reject=decision.false_reject,
        second_usd=decision.second_usd,
    )


def _weighed(arm: Considered, decision: Decision, dearest: float) -> Weighed:
    belief = Belief(
        model=arm.model,
        again=arm.again,
        stage=arm.stage,
        passed=arm.passed,
        failed=arm.failed,
        level=arm.level,
        alpha=arm.alpha,
        beta=arm.beta,
        usd=arm.usd,
        seconds=arm.seconds,
    )
    drawn = chance(belief, seed=decision.seed, strategy=decision.strategy)
    return Weighed(
        belief,
        Attempt(
            model=arm.model,
            again=arm.again,
            stage=arm.stage,
            chance=drawn,
            usd=dearest if arm.usd is None else arm.usd,
            seconds=arm.seconds or 0.0,
        ),
    )
