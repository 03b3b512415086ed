"""The plan graph: wiring only.

One fixed graph for every plan, with the scheduler inside `execute`: a LangGraph node per step would
wait for the slowest of each superstep, and store every step's state with every checkpoint.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from graph.plan_context import PlanContext
from graph.plan_state import PlanInput, PlanState, PlanUpdate
from nodes.plan_run.approve import approve
from nodes.plan_run.execute import execute
from nodes.plan_run.load import load
from nodes.plan_run.report import report
from nodes.plan_run.validate import validate

PlanNode = Callable[[PlanState, Runtime[PlanContext]], Awaitable[PlanUpdate]]

PLAN_NODES: dict[str, PlanNode] = {
    "load": load,
    "validate": validate,
    "approve": approve,
    "execute": execute,
    "report": report,
}
"""By the name that the graph and every table use."""

AFTER_APPROVE: dict[Hashable, str] = {"approved": "execute", "rejected": "report"}


def after_approve(state: PlanState) -> Literal["approved", "rejected"]:
    """A run that a person rejected is over before its first step."""
    return "rejected" if state.status else "approved"


def build(
    *,
    context_schema: type[Any] = PlanContext,
    adapt: Callable[[PlanNode], Any] = lambda node: node,
) -> "StateGraph[PlanState, Any, PlanInput, PlanState]":
    """The uncompiled graph; `adapt` wraps each node (`graph.entry` gives it its context so)."""
    builder: StateGraph[PlanState, Any, PlanInput, PlanState] = StateGraph(
        PlanState, context_schema=context_schema, input_schema=PlanInput
    )
    for name, node in PLAN_NODES.items():
        builder.add_node(name, adapt(node))
    builder.add_edge(START, "load")
    builder.add_edge("load", "validate")
    builder.add_edge("validate", "approve")
    builder.add_conditional_edges("approve", after_approve, AFTER_APPROVE)
    builder.add_edge("execute", "report")
    builder.add_edge("report", END)
    return builder
