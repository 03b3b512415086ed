"""The wiring of the develop graph: every branch is labelled, drawn, and leads somewhere."""

import inspect
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest
from langgraph.errors import GraphRecursionError

from graph import edges
from graph.develop import NODES, build
from graph.edges import recursion_limit
from graph.state import RunState, RunUpdate
from tests.unit.graph.walks import Script, walk

BRANCHES = {
    node: branch for node, branches in build().branches.items() for branch in branches.values()
}


def test_an_update_has_exactly_the_fields_of_the_state() -> None:
    """LangGraph drops a key that the state does not have, and says nothing."""
    hints = get_type_hints(RunState)
    assert get_type_hints(RunUpdate) == {
        field.name: hints[field.name] for field in fields(RunState)
    }


@pytest.mark.parametrize("node", BRANCHES)
def test_every_label_of_an_edge_leads_somewhere_and_none_is_left_over(node: str) -> None:
    edge = BRANCHES[node].path.func
    labels = get_args(inspect.signature(edge).return_annotation)
    assert set(BRANCHES[node].ends or {}) == set(labels)
    assert set((BRANCHES[node].ends or {}).values()) <= {*NODES, "__end__"}


@pytest.mark.parametrize("node", BRANCHES)
def test_no_two_labels_share_a_target(node: str) -> None:
    """LangGraph draws one edge to a target, and the other label would be lost."""
    targets = list((BRANCHES[node].ends or {}).values())
    assert len(targets) == len(set(targets))


def test_the_drawn_graph() -> None:
    drawn = build().compile(name="develop").get_graph()
    assert sorted((edge.source, edge.target, str(edge.data or "")) for edge in drawn.edges) == [
        ("__start__", "planner", ""),
        ("await_human", "__end__", "rejected"),
        ("await_human", "code_reviewer", "review code"),
        ("await_human", "implementer", "implement"),
        ("await_human", "merger", "steps in parallel"),
        ("await_human", "plan_reviewer", "review plan"),
        ("await_human", "planner", "plan again"),
        ("await_human", "quality_gate", "check again"),
        ("code_reviewer", "await_human", "stopped"),
        ("code_reviewer", "implementer", "rejected or next step"),
        ("code_reviewer", "merger", "steps in parallel"),
        ("code_reviewer", "quality_gate", "all approved"),
        ("deliver", "__end__", ""),
        ("implementer", "await_human", "stopped"),
        ("implementer", "code_reviewer", "implemented"),
        ("implementer", "merger", "beside others"),
        ("merger", "await_human", "stopped"),
        ("merger", "code_reviewer", "review"),
        ("merger", "implementer", "make"),
        ("merger", "quality_gate", "all approved"),
        ("plan_reviewer", "await_human", "stopped"),
        ("plan_reviewer", "implementer", "approved"),
        ("plan_reviewer", "merger", "steps in parallel"),
        ("plan_reviewer", "planner", "rejected"),
        ("planner", "await_human", "stopped"),
        ("planner", "plan_reviewer", "planned"),
        ("quality_gate", "await_human", "stopped"),
        ("quality_gate", "deliver", "passed"),
        ("quality_gate", "implementer", "failed"),
    ]


def test_every_edge_function_is_wired() -> None:
    wired = {inspect.unwrap(branch.path.func) for branch in BRANCHES.values()}
    defined = {
        function
        for name, function in inspect.getmembers(edges, inspect.isfunction)
        if name.startswith("after_")
    }
    assert wired == defined


async def test_the_straight_way() -> None:
    assert await walk(Script(), steps=2) == [
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
        "implementer",
        "code_reviewer",
        "quality_gate",
        "deliver",
    ]


async def test_what_is_rejected_is_made_again() -> None:
    script = Script(plans=[False, True], changes=[False, True, True], gates=[False, True])
    assert await walk(script, steps=1) == [
        "planner",
        "plan_reviewer",
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
        "implementer",
        "code_reviewer",
        "quality_gate",
        "implementer",
        "code_reviewer",
        "quality_gate",
        "deliver",
    ]


@pytest.mark.parametrize(
    ("script", "last"),
    [
        (Script(plans=[False] * 3), "plan_reviewer"),
        (Script(changes=[False] * 3), "code_reviewer"),
        (Script(gates=[False] * 3), "quality_gate"),
        (Script(changes=[True, False, False, False], gates=[False]), "code_reviewer"),
    ],
)
async def test_a_third_rejection_asks_a_person(script: Script, last: str) -> None:
    assert (await walk(script, steps=1))[-2:] == [last, "await_human"]


def longest(*, steps: int, rejections: int) -> Script:
    """Every loop turns as often as it may, and the last turn is good."""
    turns = [False] * (rejections - 1) + [True]
    return Script(plans=turns, changes=turns * (steps + rejections), gates=turns)


@pytest.mark.parametrize(("steps", "rejections"), [(1, 1), (1, 3), (3, 2), (20, 3)])
async def test_the_longest_walk_fits_into_the_limit(steps: int, rejections: int) -> None:
    script = longest(steps=steps, rejections=rejections)
    limit = recursion_limit(steps=steps, rejections=rejections)
    nodes = await walk(script, steps=steps, rejections=rejections, limit=limit)
    assert nodes[-1] == "deliver"
    beside = steps * (2 * rejections + 2)
    assert len(nodes) <= limit < len(nodes) + beside + 3 * rejections + 4


async def test_a_walk_that_does_not_fit_is_an_error() -> None:
    """That the limit is LangGraph's own count of nodes."""
    nodes = await walk(longest(steps=2, rejections=2), steps=2, rejections=2)
    with pytest.raises(GraphRecursionError):
        await walk(longest(steps=2, rejections=2), steps=2, rejections=2, limit=len(nodes) - 1)


async def test_a_node_gets_the_state_and_may_not_change_it() -> None:
    seen: list[Any] = []
    await walk(Script(), steps=1, seen=seen)
    assert {type(one) for one in seen} == {RunState}
    with pytest.raises(AttributeError, match="cannot assign"):
        seen[0].step = 3
