"""What approval makes of a candidate."""

from typing import Any

from graph.accept import accepted
from tests.unit.graph.states import candidate, plan, state


def test_a_steps_candidate_becomes_the_head_and_the_next_step_begins() -> None:
    now = state(
        plan=plan(2), approved=[], candidate=candidate("c1"), rejections=2, findings=[{"x": 1}]
    )
    assert accepted(now) == {
        "head": "c1",
        "candidate": None,
        "rejections": 0,
        "findings": [],
        "approved": ["c1"],
        "step": 1,
        "tried": [],
        "ends": {},
    }


def test_a_repair_becomes_the_head_and_no_further_step() -> None:
    now = state(plan=plan(1), step=1, approved=["c1"], candidate=candidate("c2"))
    assert accepted(now) == {
        "head": "c2",
        "candidate": None,
        "rejections": 0,
        "findings": [],
        "ends": {},
    }


def test_approval_ends_the_loop_of_the_change_and_not_that_of_the_gate() -> None:
    ends: dict[str, Any] = {
        "1": [{"made": "x"}],
        "repair": [{"made": "y"}],
        "gate": [{"made": "z"}],
    }
    step = state(plan=plan(2), candidate=candidate("c1"), ends=ends)
    repair = state(plan=plan(1), step=1, candidate=candidate("c1"), ends=ends)
    assert accepted(step)["ends"] == {"repair": ends["repair"], "gate": ends["gate"]}
    assert accepted(repair)["ends"] == {"1": ends["1"], "gate": ends["gate"]}


def test_without_a_candidate_there_is_nothing_to_approve() -> None:
    assert accepted(state(plan=plan(1))) == {}


def test_the_state_before_is_left_as_it_was() -> None:
    now = state(plan=plan(2), approved=["c1"], step=1, candidate=candidate("c2"))
    accepted(now)
    assert now.approved == ["c1"]
