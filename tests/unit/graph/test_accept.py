"""What approval makes of a candidate."""

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
    }


def test_a_repair_becomes_the_head_and_no_further_step() -> None:
    now = state(plan=plan(1), step=1, approved=["c1"], candidate=candidate("c2"))
    assert accepted(now) == {"head": "c2", "candidate": None, "rejections": 0, "findings": []}


def test_without_a_candidate_there_is_nothing_to_approve() -> None:
    assert accepted(state(plan=plan(1))) == {}


def test_the_state_before_is_left_as_it_was() -> None:
    now = state(plan=plan(2), approved=["c1"], step=1, candidate=candidate("c2"))
    accepted(now)
    assert now.approved == ["c1"]
