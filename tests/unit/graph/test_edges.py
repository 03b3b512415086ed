"""Where the graph goes next, by the state that a node left."""

from typing import Any

import pytest

from graph.edges import (
    after_code_reviewer,
    after_human,
    after_implementer,
    after_plan_reviewer,
    after_planner,
    after_quality_gate,
    all_approved,
    recursion_limit,
    step_label,
)
from tests.unit.graph.states import candidate, plan, state, stop

STOP = {"stop": stop("planner")}
APPROVED = {"plan_review": {"verdict": "approved"}}
REJECTED = {"plan_review": {"verdict": "rejected"}}


@pytest.mark.parametrize(
    ("edge", "fields", "label"),
    [
        (after_planner, {}, "planned"),
        (after_planner, STOP, "stopped"),
        (after_plan_reviewer, APPROVED, "approved"),
        (after_plan_reviewer, REJECTED, "rejected"),
        (after_plan_reviewer, {}, "rejected"),
        (after_plan_reviewer, {**REJECTED, **STOP}, "stopped"),
        (after_plan_reviewer, {**APPROVED, **STOP}, "stopped"),
        (after_implementer, {}, "implemented"),
        (after_implementer, STOP, "stopped"),
        (after_code_reviewer, {"plan": plan(2), "step": 1}, "rejected or next step"),
        (after_code_reviewer, {"plan": plan(2), "step": 2}, "all approved"),
        (after_code_reviewer, {"plan": plan(1), "candidate": candidate()}, "rejected or next step"),
        (
            after_code_reviewer,
            {"plan": plan(1), "step": 1, "candidate": candidate()},
            "rejected or next step",
        ),
        (after_code_reviewer, {"plan": plan(1), "step": 1, **STOP}, "stopped"),
        (after_quality_gate, {"gate": {"passed": True}}, "passed"),
        (after_quality_gate, {"gate": {"passed": False}}, "failed"),
        (after_quality_gate, {}, "failed"),
        (after_quality_gate, {"gate": {"passed": False}, **STOP}, "stopped"),
        (after_human, {"resume_at": "planner"}, "plan again"),
        (after_human, {"resume_at": "plan_reviewer"}, "review plan"),
        (after_human, {"resume_at": "implementer"}, "implement"),
        (after_human, {"resume_at": "code_reviewer"}, "review code"),
        (after_human, {"resume_at": "quality_gate"}, "check again"),
        (after_human, {"resume_at": "", "outcome": "failed"}, "rejected"),
    ],
)
def test_the_edge_that_is_taken(edge: Any, fields: dict[str, Any], label: str) -> None:
    assert edge(state(**fields)) == label


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (False, "1")),
        ({"plan": plan(2)}, (False, "1")),
        ({"plan": plan(2), "step": 1}, (False, "2")),
        ({"plan": plan(2), "step": 2}, (True, "repair")),
    ],
)
def test_what_is_at_hand(fields: dict[str, Any], expected: tuple[bool, str]) -> None:
    now = state(**fields)
    assert (all_approved(now), step_label(now)) == expected


def test_the_limit_grows_with_the_plan_and_the_loops() -> None:
    assert recursion_limit(steps=1, rejections=3) < recursion_limit(steps=2, rejections=3)
    assert recursion_limit(steps=1, rejections=3) < recursion_limit(steps=1, rejections=4)
    assert recursion_limit(steps=20, rejections=10) < 1200
