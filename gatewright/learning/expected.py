"""What a policy is expected to come to on questions that were once put to the router.

Each question that no failed attempt came before is put again to the policy that is looked at, and
followed to its end: the chance of each attempt is the posterior mean after *all* recorded outcomes,
the cost what such attempts took on average, and the next attempt is made with the chance that the
one before failed. So the figures are expectations under a model of the history, not a replay:
nobody knows what a model that was not asked would have answered.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from pydantic import Field

from gatewright.domain.decision import Considered, Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Frozen
from gatewright.domain.task import Role
from gatewright.learning.dry_run import Decide, after_failure

MOST_ATTEMPTS = 3
MOST_WALKS = 120
"""Of one policy in one role; each takes some milliseconds."""
THIN = 5
"""Outcomes; what rests on fewer is hardly known."""


class Estimate(Frozen):
    """What one policy would have come to in one role, as far as the history can say."""

    policy: str
    role: Role
    passed: float
    """Questions, expected."""
    cost_usd: float
    """Expected, of the attempts whose cost is known."""
    unpriced: float
    """Attempts whose cost is not known, expected."""
    attempts: float
    thin: float = Field(ge=0, le=1)
    """The share of its attempts that rest on fewer than five outcomes."""
    unanswered: int = 0
    """Questions to which nobody may answer any more: settings have changed."""
    models: dict[str, float] = Field(default_factory=dict)
    """By model, attempts expected; most first."""


class Walk(NamedTuple):
    """One question followed to its end."""

    chance: float
    cost_usd: float
    unpriced: float
    thin: float
    attempts: dict[str, float]
    """By model, how many are expected."""


def estimate(
    policy: str, decide: Decide, asked: Sequence[RoutingRequest], *, most: int = MOST_ATTEMPTS
) -> tuple[Estimate, ...]:
    """What a policy comes to on these questions, by role, in `most` attempts. Deterministic."""
    by_role: defaultdict[Role, list[RoutingRequest]] = defaultdict(list)
    for request in asked:
        by_role[request.role].append(request)
    walk = partial(follow, decide, most=most)
    return tuple(_estimate(policy, role, walk, of) for role, of in by_role.items())


def follow(decide: Decide, request: RoutingRequest, *, most: int = MOST_ATTEMPTS) -> Walk | None:
    """The expected course of one question, `most` attempts long; None: nobody may answer it."""
    reach, chance, cost, unpriced, thin = 1.0, 0.0, 0.0, 0.0, 0.0
    attempts: defaultdict[str, float] = defaultdict(float)
    for number in range(most):
        try:
            decision = decide(request)
        except EnvironmentFault:
            if number == 0:
                return None
            break
        arm = chosen_arm(request, decision)
        attempts[decision.model] += reach
        if arm is None or arm.usd is None:
            unpriced += reach
        else:
            cost += reach * arm.usd
        if arm is None or arm.passed + arm.failed < THIN:
            thin += reach
        passes = 0.5 if arm is None else arm.alpha / (arm.alpha + arm.beta)
        chance += reach * passes
        reach *= 1 - passes
        request = after_failure(request, decision)
    return Walk(chance, cost, unpriced, thin, dict(attempts))


def chosen_arm(request: RoutingRequest, decision: Decision) -> Considered | None:
    """What was weighed of the attempt that was decided on; None: nothing was."""
    stage = min(request.stage, MOST_ATTEMPTS - 1)
    wanted = (decision.model, decision.again, stage)
    found = (a for a in decision.considered if (a.model, a.again, a.stage) == wanted)
    return next(found, None)


def _estimate(
    policy: str,
    role: Role,
    walk_from: Callable[[RoutingRequest], Walk | None],
    asked: Sequence[RoutingRequest],
) -> Estimate:
    chance = cost = unpriced = thin = 0.0
    unanswered = 0.0
    weight = len(asked) / min(len(asked), MOST_WALKS)
    attempts: defaultdict[str, float] = defaultdict(float)
    for request in representatives(asked, most=MOST_WALKS):
        walk = walk_from(request)
        if walk is None:
            unanswered += weight
            continue
        chance += weight * walk.chance
        cost += weight * walk.cost_usd
        unpriced += weight * walk.unpriced
        thin += weight * walk.thin
        for model, share in walk.attempts.items():
            attempts[model] += weight * share
    total = sum(attempts.values())
    return Estimate(
        policy=policy,
        role=role,
        passed=chance,
        cost_usd=cost,
        unpriced=unpriced,
        attempts=total,
        thin=min(1.0, thin / total) if total else 0.0,
        unanswered=round(unanswered),
        models=dict(sorted(attempts.items(), key=lambda one: (-one[1], one[0]))),
    )


def representatives(asked: Sequence[RoutingRequest], *, most: int) -> list[RoutingRequest]:
    """At most so many of the questions, spread evenly over those that are alike: each stands for
    as many as the others."""
    if len(asked) <= most:
        return list(asked)
    ordered = sorted(asked, key=_kind)
    return [ordered[number * len(ordered) // most] for number in range(most)]


def _kind(request: RoutingRequest) -> tuple[str, str, tuple[str, ...], bool, int]:
    return (request.risk, request.area, request.exclude, request.private, request.least_tokens)
