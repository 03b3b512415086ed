"""Where a task stands, derived from the graph's position."""

from typing import Any, get_args

import pytest

from gatewright.domain.task import TaskState
from graph.develop import NODES
from graph.standing import ACTIVE, step_states, task_state, walked
from tests.unit.graph.states import candidate, plan, state, stop

REJECTED = {"plan_review": {"verdict": "rejected"}}
APPROVED = {"plan_review": {"verdict": "approved"}}


def test_every_node_stands_for_a_state() -> None:
    assert set(ACTIVE) == set(NODES)
    assert set(ACTIVE.values()) <= set(get_args(TaskState))


@pytest.mark.parametrize(
    ("fields", "following", "expected"),
    [
        ({}, [], "new"),
        ({}, ["__start__"], "new"),
        ({}, ["planner"], "planning"),
        (REJECTED, ["planner"], "plan_rejected"),
        ({}, ["plan_reviewer"], "plan_review"),
        (APPROVED, ["implementer"], "plan_approved"),
        ({**APPROVED, "attempts": {"1": 1}}, ["implementer"], "implementing"),
        ({}, ["code_reviewer"], "code_review"),
        ({}, ["quality_gate"], "quality_gate"),
        ({}, ["deliver"], "quality_gate"),
        ({}, ["await_human"], "awaiting_human"),
        ({"outcome": "done"}, [], "done"),
        ({"outcome": "failed"}, [], "failed"),
        ({"outcome": "failed"}, ["planner"], "failed"),
    ],
)
def test_the_state_of_a_task(
    fields: dict[str, Any], following: list[str], expected: TaskState
) -> None:
    assert task_state(state(**fields), following) == expected


def test_a_task_that_nobody_has_begun_is_new() -> None:
    assert task_state(None, ["planner"]) == "new"


@pytest.mark.parametrize(
    ("fields", "following", "expected"),
    [
        ({"plan": None}, "planner", []),
        ({"plan": plan(2)}, "plan_reviewer", ["pending", "pending"]),
        ({"plan": plan(2)}, "planner", ["pending", "pending"]),
        ({"plan": plan(2)}, "implementer", ["implementing", "pending"]),
        ({"plan": plan(2), "attempts": {"1": 1}}, "code_reviewer", ["code_review", "pending"]),
        ({"plan": plan(2), "attempts": {"1": 1}}, "implementer", ["retry", "pending"]),
        (
            {"plan": plan(3), "attempts": {"1": 1}, "step": 1},
            "implementer",
            ["approved", "implementing", "pending"],
        ),
        (
            {"plan": plan(1), "attempts": {"1": 3}, "stop": stop("code_reviewer")},
            "await_human",
            ["rejected"],
        ),
        ({"plan": plan(1), "stop": stop("plan_reviewer")}, "await_human", ["pending"]),
        ({"plan": plan(1), "stop": stop("planner", "budget")}, "await_human", ["pending"]),
        ({"plan": plan(2), "step": 2}, "quality_gate", ["approved", "approved"]),
        ({"plan": plan(1), "step": 1, "candidate": candidate()}, "code_reviewer", ["approved"]),
        ({"plan": plan(2), "step": 1, "outcome": "failed"}, "", ["approved", "failed"]),
        ({"plan": plan(2), "step": 2, "outcome": "done"}, "", ["completed", "completed"]),
    ],
)
def test_the_states_of_the_steps(
    fields: dict[str, Any], following: str, expected: list[str]
) -> None:
    assert step_states(state(**fields), [following] if following else []) == expected


def test_the_whole_walk_of_a_task() -> None:
    planned = state(plan=plan(1))
    rejected = state(plan=plan(1), **REJECTED)
    approved = state(plan=plan(1), **APPROVED)
    made = state(plan=plan(1), attempts={"1": 1}, candidate=candidate())
    accepted = state(plan=plan(1), attempts={"1": 1}, step=1)
    assert walked(
        [
            (None, ["__start__"]),
            (state(), ["planner"]),
            (planned, ["plan_reviewer"]),
            (rejected, ["planner"]),
            (rejected, ["plan_reviewer"]),
            (approved, ["implementer"]),
            (made, ["code_reviewer"]),
            (made, ["implementer"]),
            (made, ["code_reviewer"]),
            (accepted, ["quality_gate"]),
            (accepted, ["deliver"]),
            (state(outcome="done"), []),
        ]
    ) == (
        "new",
        "planning",
        "plan_review",
        "plan_rejected",
        "planning",
        "plan_review",
        "plan_approved",
        "implementing",
        "code_review",
        "implementing",
        "code_review",
        "quality_gate",
        "done",
    )


def test_a_walk_that_waits_for_a_person_goes_on_from_there() -> None:
    asked = state(plan=plan(1), attempts={"1": 3}, stop=stop("code_reviewer"))
    again = state(plan=plan(1), attempts={"1": 3})
    history: list[Any] = [
        (asked, ["await_human"]),
        (asked, ["await_human"]),
        (again, ["implementer"]),
    ]
    assert walked(history) == ("new", "awaiting_human", "implementing")


def test_a_walk_that_was_stopped_ends_where_the_task_stands() -> None:
    approved = state(plan=plan(1), **APPROVED)
    history: list[Any] = [(state(plan=plan(1)), ["plan_reviewer"]), (approved, ["implementer"])]
    assert walked(history)[-1] == task_state(approved, ["implementer"]) == "plan_approved"
