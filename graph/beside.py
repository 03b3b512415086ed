"""Steps that are made beside each other: who may be, and what is kept of each meanwhile. Pure.

Every such step has a state of its own (`run_of`), made of the task's and of a record in
`RunState.beside`. The implementer and the reviewer work on it as they do on the task's; the
merger sends each to its next node (`sent`) until none is at work, and then takes what came of
them onto the head in the plan's order. Whatever needs a person is left to the ordinary way.
"""

from dataclasses import replace
from typing import Any

from graph.state import Json, RunState, RunUpdate

KEPT = (
    "step",
    "head",
    "attempts",
    "rejections",
    "tried",
    "waiting",
    "candidate",
    "avoid",
    "ends",
    "findings",
    "left_off",
    "stop",
)
"""Of a step's own state, what its next node and the merger ask for."""
COUNTED = ("models", "escalated", "spent", "concerns")
"""What a node adds to the task's, and the merger counts after each round."""
_LEAST_SECONDS = 1e-6
"""No budget of none at all can be said; this one is used up when a node looks."""


def ready(state: RunState) -> list[int]:
    """Indices of the steps that can be made now, at one time; fewer than two: none need to be.

    Those that nobody has begun and whose needs are all merged, the step at hand first.
    """
    if state.parallel < 2 or state.plan is None:
        return []
    steps = state.plan["steps"]
    found = [
        index
        for index in range(state.step, len(steps))
        if not _begun(state, index) and _needs(steps[index], index) < state.step
    ]
    return found[: state.parallel] if found[:1] == [state.step] and len(found) > 1 else []


def at_work(state: RunState) -> dict[str, str]:
    """By label, the node that each step made beside others has come to."""
    return {label: record["at"] for label, record in state.beside.items() if record["at"]}


def to_merge(state: RunState) -> bool:
    """Whether the merger is next: steps are at work, or wait for their turn, or can be begun."""
    if at_work(state):
        return True
    if state.candidate is not None or state.plan is None:
        return False
    return str(state.step + 1) in state.beside or bool(ready(state))


def is_approved(record: Json, label: str) -> bool:
    """Whether the step's change has been approved; the reviewer leaves it at the next step."""
    return int(record["step"]) >= int(label)


def begun(state: RunState, index: int) -> Json:
    """The record of a step that is begun on the head."""
    own: Json = {name: [] for name in ("tried", "waiting", "avoid", "findings")}
    return {
        **own,
        "at": "implementer",
        "parent": state.head,
        "step": index,
        "head": state.head,
        "attempts": {},
        "rejections": 0,
        "candidate": None,
        "ends": {},
        "left_off": None,
        "stop": None,
    }


def run_of(state: RunState, label: str) -> RunState:
    """The step's own state: the task's, but for what it has of its own."""
    record = state.beside[label]
    return RunState(
        task={**state.task, "budget": share(state)},
        base_commit=state.base_commit,
        plan=state.plan,
        notes=state.notes,
        escalated=state.escalated,
        spent=state.spent,
        apart=True,
        **{name: record[name] for name in KEPT},
    )


def recorded(state: RunState, node: str, update: RunUpdate) -> Json:
    """The record after a node has worked on the step's own state; `update` is the node's."""
    nothing = {name: type(getattr(state, name))() for name in COUNTED}
    now = replace(state, **{**nothing, **update})
    names = (*KEPT, *COUNTED)
    return {"at": node, "parent": state.head, **{name: getattr(now, name) for name in names}}


def share(state: RunState) -> Json:
    """What one of the steps at work may spend until the merger counts again.

    What is left of the task's budget is divided, so that all of them together keep it, in however
    many processes they are; with too small a share a step waits for its turn.
    """
    many = max(len(at_work(state)), 1)
    budget: Json = dict(state.task.get("budget") or {})
    spent = state.spent
    known = not spent.get("unpriced_calls")
    left = _left(budget.get("max_cost_usd"), spent.get("cost_usd", 0.0) if known else None)
    if left is not None:
        budget["max_cost_usd"] = left / many
    seconds = _left(budget.get("max_seconds"), spent.get("seconds", 0.0))
    if seconds is not None:
        budget["max_seconds"] = max(seconds / many, _LEAST_SECONDS)
    used = spent.get("input_tokens", 0) + spent.get("output_tokens", 0)
    tokens = _left(budget.get("max_tokens"), None if spent.get("uncounted_calls") else used)
    if tokens is not None:
        budget["max_tokens"] = max(int(tokens) // many, 1)
    return budget


def _left(allowed: float | None, used: float | None) -> float | None:
    """None: no limit; nothing is left where it is not known what was used."""
    if allowed is None:
        return None
    return 0.0 if used is None else max(allowed - used, 0.0)


def _begun(state: RunState, index: int) -> bool:
    label = str(index + 1)
    return label in state.attempts or label in state.beside


def _needs(step: dict[str, Any], index: int) -> int:
    """The index of the last step that it needs; -1: none."""
    needed = step.get("depends_on")
    return index - 1 if needed is None else max(needed, default=0) - 1
