"""Runs of the develop graph in memory: the real edges, and nodes that keep the nodes' contract."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from gatewright.domain.plan import MOST_STEPS
from graph.accept import accepted
from graph.develop import NODES, build
from graph.edges import all_approved, step_label
from graph.state import RunState
from tests.unit.graph.states import candidate, plan, stop

GRAPH = build()
NEXT = dict(GRAPH.edges)
BRANCHES = {
    node: branch for node, branches in GRAPH.branches.items() for branch in branches.values()
}


def states() -> st.SearchStrategy[RunState]:
    """Any combination of fields that a checkpoint could hold, reachable or not."""
    plans = st.none() | st.integers(1, MOST_STEPS).map(plan)
    verdicts = st.none() | st.sampled_from(["approved", "rejected"]).map(lambda v: {"verdict": v})
    labels = st.sampled_from(["1", "2", "3", "repair"])
    return st.builds(
        RunState,
        task=st.just({"id": "t"}),
        plan=plans,
        plan_review=verdicts,
        plan_rejections=st.integers(0, 3),
        step=st.integers(0, MOST_STEPS),
        attempts=st.dictionaries(labels, st.integers(0, 9)),
        rejections=st.integers(0, 3),
        candidate=st.none() | st.just(candidate()),
        gate=st.none() | st.booleans().map(lambda passed: {"passed": passed}),
        stop=st.none() | st.sampled_from(sorted(NODES)).map(stop),
        resume_at=st.sampled_from(["", *sorted(NODES), "nobody"]),
        outcome=st.sampled_from(["", "done", "failed"]),
    )


@dataclass
class Play:
    """What the nodes and the person of one run decide."""

    choose: random.Random
    rejections: int
    good: float = 0.3
    """How likely work is approved; little, so that loops turn."""
    longest_plan: int = 0
    history: list[tuple[RunState, tuple[str, ...]]] = field(default_factory=list)
    """Each state with what follows it."""


def replay(play: Play, *, answers: int) -> list[list[str]]:
    """The nodes of each invocation; a person answers so many questions, and leaves the next."""
    state, node = RunState(task={"id": "t"}), NEXT["__start__"]
    invocations: list[list[str]] = [[]]
    while node != "__end__":
        play.history.append((state, (node,)))
        invocations[-1].append(node)
        if node == "await_human":
            if len(invocations) > answers:
                return invocations
            invocations.append([node])
        state = replace(state, **_act(play, node, state))
        node = _follow(node, state)
    play.history.append((state, ()))
    return invocations


def _follow(node: str, state: RunState) -> str:
    if node in NEXT:
        return NEXT[node]
    branch = BRANCHES[node]
    assert branch.ends is not None
    return branch.ends[branch.path.func(state)]


def _act(play: Play, node: str, state: RunState) -> dict[str, Any]:  # noqa: PLR0911  a table
    approves = play.choose.random() < play.good
    if node not in ("await_human", "deliver") and play.choose.random() < 0.02:
        return {"stop": stop(node, "budget")}
    match node:
        case "planner":
            steps = play.choose.randint(1, MOST_STEPS)
            play.longest_plan = max(play.longest_plan, steps)
            return {"plan": plan(steps)}
        case "plan_reviewer" if approves:
            waits = {"stop": stop(node, "plan_approval")} if play.choose.random() < 0.3 else {}
            return {"plan_review": {"verdict": "approved"}, "plan_rejections": 0, **waits}
        case "plan_reviewer":
            update = _again(play, "plan_rejections", state.plan_rejections, node)
            return {"plan_review": {"verdict": "rejected"}, **update}
        case "implementer":
            label = step_label(state)
            made = {**state.attempts, label: state.attempts.get(label, 0) + 1}
            return {"attempts": made, "candidate": candidate()}
        case "code_reviewer" if approves:
            return dict(accepted(state))
        case "code_reviewer":
            return _again(play, "rejections", state.rejections, node)
        case "quality_gate" if approves:
            return {"gate": {"passed": True}}
        case "quality_gate":
            update = _again(play, "gate_failures", state.gate_failures, node)
            return {"gate": {"passed": False}, "rejections": 0, **update}
        case "deliver":
            return {"outcome": "done"}
        case _:
            return _answer(play, state)


def _again(play: Play, counter: str, count: int, node: str) -> dict[str, Any]:
    kind = "gate_failed" if node == "quality_gate" else "rejected"
    over = count + 1 >= play.rejections
    if not over and play.choose.random() < 0.1:
        over, kind = True, "stuck"
    return {counter: count + 1, **({"stop": stop(node, kind)} if over else {})}


def _answer(play: Play, state: RunState) -> dict[str, Any]:
    assert state.stop is not None
    at, judged = state.stop["at"], state.stop["kind"] != "budget"
    choices = ["retry", "retry", "reject"]
    choices += ["edit"] if judged else []
    choices += ["approve"] if judged and at != "quality_gate" else []
    action = play.choose.choice(choices)
    if action == "reject":
        return {"stop": None, "outcome": "failed", "resume_at": ""}
    if action == "retry":
        return _retry(at, judged=judged)
    if at == "plan_reviewer":
        return {"stop": None, "plan_rejections": 0, "resume_at": "implementer"}
    under_review = state if action == "approve" else replace(state, candidate=candidate("theirs"))
    update = accepted(under_review)
    ended = all_approved(replace(under_review, **update))
    return {**update, "stop": None, "resume_at": "quality_gate" if ended else "implementer"}


def _retry(at: str, *, judged: bool) -> dict[str, Any]:
    if not judged:
        return {"stop": None, "resume_at": at}
    zero = dict.fromkeys(("plan_rejections", "rejections", "gate_failures"), 0)
    back = {"plan_reviewer": "planner"}.get(at, "implementer")
    return {**zero, "stop": None, "resume_at": back}
