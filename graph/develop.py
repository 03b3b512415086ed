"""The develop graph: wiring only."""

from collections.abc import Awaitable, Callable, Hashable
from functools import wraps
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from graph.beside import at_work, run_of
from graph.context import Context
from graph.edges import (
    after_code_reviewer,
    after_human,
    after_implementer,
    after_merger,
    after_plan_reviewer,
    after_planner,
    after_quality_gate,
)
from graph.state import RunInput, RunState, RunUpdate
from nodes.apart import apart
from nodes.await_human import await_human
from nodes.deliver import deliver
from nodes.gate import check_gate
from nodes.implement import implement
from nodes.merging import merge_steps
from nodes.plan import plan
from nodes.review_code import review_code
from nodes.review_plan import review_plan

Node = Callable[[RunState, Runtime[Context]], Awaitable[RunUpdate]]

NODES: dict[str, Node] = {
    "planner": plan,
    "plan_reviewer": review_plan,
    "implementer": apart("implementer", implement),
    "code_reviewer": apart("code_reviewer", review_code),
    "merger": merge_steps,
    "quality_gate": check_gate,
    "deliver": deliver,
    "await_human": await_human,
}
"""By the name that the graph, every table and every event use."""

SENT = ("implementer", "code_reviewer")
"""Those that work on one step beside others as well."""

BRANCHES: dict[str, tuple[Callable[[RunState], str], dict[Hashable, str]]] = {
    "planner": (after_planner, {"planned": "plan_reviewer", "stopped": "await_human"}),
    "plan_reviewer": (
        after_plan_reviewer,
        {
            "approved": "implementer",
            "steps in parallel": "merger",
            "rejected": "planner",
            "stopped": "await_human",
        },
    ),
    "implementer": (
        after_implementer,
        {
            "implemented": "code_reviewer",
            "beside others": "merger",
            "stopped": "await_human",
        },
    ),
    "code_reviewer": (
        after_code_reviewer,
        {
            "rejected or next step": "implementer",
            "steps in parallel": "merger",
            "all approved": "quality_gate",
            "stopped": "await_human",
        },
    ),
    "merger": (
        after_merger,
        {
            "make": "implementer",
            "review": "code_reviewer",
            "all approved": "quality_gate",
            "stopped": "await_human",
        },
    ),
    "quality_gate": (
        after_quality_gate,
        {"passed": "deliver", "failed": "implementer", "stopped": "await_human"},
    ),
    "await_human": (
        after_human,
        {
            "plan again": "planner",
            "review plan": "plan_reviewer",
            "implement": "implementer",
            "steps in parallel": "merger",
            "review code": "code_reviewer",
            "check again": "quality_gate",
            "rejected": END,
        },
    ),
}
"""For each node where it may lead, by the label that its edge's function answers with."""


def build(
    *, context_schema: type[Any] = Context, adapt: Callable[[Node], Any] = lambda node: node
) -> "StateGraph[RunState, Any, RunInput, RunState]":
    """The uncompiled graph; `adapt` wraps each node (`graph.entry` gives it its context so)."""
    builder: StateGraph[RunState, Any, RunInput, RunState] = StateGraph(
        RunState, context_schema=context_schema, input_schema=RunInput
    )
    for name, node in NODES.items():
        builder.add_node(name, _received(adapt(node)) if name in SENT else adapt(node))
    builder.add_edge(START, "planner")
    for name, (edge, targets) in BRANCHES.items():
        builder.add_conditional_edges(name, _sending(edge), targets)
    builder.add_edge("deliver", END)
    return builder


def _received(node: Any) -> Any:
    """A step made beside others comes as JSON: a checkpoint must not name a class of ours."""

    @wraps(node)
    async def received(state: RunState, runtime: Runtime[Any]) -> RunUpdate:
        update: RunUpdate = await node(
            RunState(**state) if isinstance(state, dict) else state, runtime
        )
        return update

    received.__annotations__ = {"state": RunState, "runtime": Runtime[Any], "return": RunUpdate}
    return received


def _sending(edge: Callable[[RunState], str]) -> Callable[[RunState], Any]:
    """After the merger, steps at work are sent to their nodes, all of them at one time."""
    if edge is not after_merger:
        return edge

    @wraps(edge)
    def sending(state: RunState) -> Any:
        at = at_work(state)
        return [Send(node, vars(run_of(state, label))) for label, node in at.items()] or edge(state)

    return sending
