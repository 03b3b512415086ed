"""What a policy is expected to come to on recorded questions."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.decision import Considered, Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.learning.expected import Walk, estimate, follow, representatives


def request(**fields: Any) -> RoutingRequest:
    return RoutingRequest(**{"role": "implementer", "risk": "medium", "seed": "s", **fields})


def ladder(*arms: Mapping[str, Any]) -> Callable[[RoutingRequest], Decision]:
    """A policy that takes one arm after the other; nobody answers after the last."""

    def decide(asked: RoutingRequest) -> Decision:
        if asked.stage >= len(arms):
            raise EnvironmentFault("Nobody is left", "Name somebody")
        arm = Considered.model_validate(
            {"stage": asked.stage, "passed": 10, "failed": 10, "chance": 0.9, **arms[asked.stage]}
        )
        return Decision(
            model=arm.model,
            candidates=(arm.model,),
            reason="it is its turn",
            policy_version="ladder",
            considered=(arm,),
            escalates=asked.stage > 0,
        )

    return decide


CHEAP = {"model": "cheap", "alpha": 1, "beta": 1, "usd": 0.01}
STRONG = {"model": "strong", "alpha": 3, "beta": 1, "usd": 1.0}


def test_a_later_attempt_counts_as_often_as_the_one_before_fails() -> None:
    walk = follow(ladder(CHEAP, STRONG), request())
    assert walk == Walk(
        chance=0.5 + 0.5 * 0.75,
        cost_usd=0.01 + 0.5 * 1.0,
        unpriced=0.0,
        thin=0.0,
        attempts={"cheap": 1.0, "strong": 0.5},
    )


def test_the_walk_ends_after_so_many_attempts() -> None:
    walk = follow(ladder(CHEAP, STRONG), request(), most=1)
    assert walk is not None
    assert walk.attempts == {"cheap": 1.0}


def test_nobody_at_all_is_no_walk() -> None:
    assert follow(ladder(), request()) is None


def test_what_is_not_known_is_counted_and_not_guessed() -> None:
    unknown = {**STRONG, "usd": None, "passed": 2, "failed": 1}
    walk = follow(ladder(CHEAP, unknown), request())
    assert walk is not None
    assert (walk.cost_usd, walk.unpriced, walk.thin) == (0.01, 0.5, 0.5)


def test_the_policy_is_told_who_has_tried_and_what_it_has_come_to() -> None:
    heard: list[RoutingRequest] = []
    policy = ladder(CHEAP, STRONG, STRONG)

    def listening(asked: RoutingRequest) -> Decision:
        heard.append(asked)
        return policy(asked)

    follow(listening, request())
    assert [one.stage for one in heard] == [0, 1, 2]
    assert heard[2].tried == ("cheap", "strong")
    assert heard[2].escalated == ("strong",)
    assert len({one.seed for one in heard}) == 3


def test_an_estimate_is_the_sum_over_questions_of_a_role() -> None:
    asked = [request(), request(seed="t"), request(role="planner")]
    planner, implementer = sorted(
        estimate("p", ladder(CHEAP, STRONG), asked), key=lambda one: one.attempts
    )
    assert (planner.role, implementer.role) == ("planner", "implementer")
    assert implementer.cost_usd == pytest.approx(2 * 0.51)
    assert implementer.models == {"cheap": 2.0, "strong": 1.0}


def test_whom_nobody_may_answer_is_counted_apart() -> None:
    [one] = estimate("p", ladder(), [request(), request(seed="t")])
    assert (one.unanswered, one.attempts, one.thin) == (2, 0.0, 0.0)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=200), st.integers(1, 50))
def test_representatives_are_as_many_of_each_kind_as_there_are(areas: list[str], most: int) -> None:
    asked = [request(area=area, seed=str(n)) for n, area in enumerate(areas)]
    chosen = representatives(asked, most=most)
    assert len(chosen) == min(most, len(asked))
    assert len({one.seed for one in chosen}) == len(chosen)
    for area in "abc":
        share = len(chosen) * areas.count(area) / len(asked)
        assert abs(sum(one.area == area for one in chosen) - share) <= 1
