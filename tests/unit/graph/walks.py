"""The real wiring, walked by nodes that keep the nodes' contract and play a script of verdicts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langgraph.runtime import Runtime

from graph.accept import accepted
from graph.develop import NODES, Node, build
from graph.edges import all_approved, step_label
from graph.state import RunState, RunUpdate
from tests.unit.graph.states import candidate, plan, stop

Play = Callable[[RunState], RunUpdate]


@dataclass
class Script:
    """Verdicts in order; what is not in the script is approved."""

    plans: list[bool] = field(default_factory=list)
    changes: list[bool] = field(default_factory=list)
    gates: list[bool] = field(default_factory=list)


async def walk(
    script: Script,
    *,
    steps: int,
    rejections: int = 3,
    limit: int = 1000,
    seen: list[RunState] | None = None,
) -> list[str]:
    """The nodes of one invocation, in order; a person who is asked ends it."""
    visited: list[str] = []
    plays = _plays(script, steps, rejections)
    names = {node: name for name, node in NODES.items()}

    def adapt(node: Node) -> Any:
        name = names[node]

        async def played(state: RunState, runtime: Runtime[Any]) -> RunUpdate:
            visited.append(name)
            if seen is not None:
                seen.append(state)
            return plays[name](state)

        return played

    graph = build(adapt=adapt).compile()
    await graph.ainvoke({"task": {"goal": "g", "repo": "/r"}}, {"recursion_limit": limit})
    return visited


def _plays(script: Script, steps: int, rejections: int) -> dict[str, Play]:
    plans, changes, gates = iter(script.plans), iter(script.changes), iter(script.gates)

    def review_plan(state: RunState) -> RunUpdate:
        if next(plans, True):
            return {"plan_review": {"verdict": "approved"}, "plan_rejections": 0}
        count = state.plan_rejections + 1
        update: RunUpdate = {"plan_review": {"verdict": "rejected"}, "plan_rejections": count}
        return {**update, "stop": stop("plan_reviewer") if count >= rejections else None}

    def implement(state: RunState) -> RunUpdate:
        label = step_label(state)
        made = state.attempts.get(label, 0) + 1
        return {
            "attempts": {**state.attempts, label: made},
            "candidate": candidate(f"{label}/{made}"),
        }

    def review_code(state: RunState) -> RunUpdate:
        if next(changes, True):
            return accepted(state)
        count = state.rejections + 1
        at_end = stop("code_reviewer") if count >= rejections else None
        return {"rejections": count, "stop": at_end}

    def check(state: RunState) -> RunUpdate:
        assert all_approved(state)
        if next(gates, True):
            return {"gate": {"passed": True}}
        count = state.gate_failures + 1
        at_end = stop("quality_gate", "gate_failed") if count >= rejections else None
        return {
            "gate": {"passed": False},
            "gate_failures": count,
            "rejections": 0,
            "stop": at_end,
        }

    return {
        "planner": lambda _: {"plan": plan(steps), "head": "b"},
        "plan_reviewer": review_plan,
        "implementer": implement,
        "code_reviewer": review_code,
        "quality_gate": check,
        "deliver": lambda _: {"outcome": "done"},
        "await_human": lambda _: {"outcome": "failed", "resume_at": "", "stop": None},
    }
