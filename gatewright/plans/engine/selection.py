"""What of a plan a run is about: the nodes of its schedule, and the results from before."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.plans.conditions.condition import parse
from gatewright.plans.documents.document import PlanStep
from gatewright.plans.scheduling.nodes import Node, When
from gatewright.plans.variables.bound import Bound

_LEFT_OUT = StepResult(status="skipped", reason="left out: it was not asked for")


class Selection(NamedTuple):
    """The schedule of a run."""

    nodes: Sequence[Node]
    before: Mapping[str, StepResult]
    """What holds from the beginning: earlier results, and `skipped` for what is left out."""
    left_out: frozenset[str]
    """Those of them that are skipped because nobody asked for them."""


def chosen_steps(
    steps: Sequence[PlanStep], *, only: Collection[str] = (), from_step: str | None = None
) -> tuple[str, ...] | None:
    """Which steps are run, in the plan's order: those of `only`, and a step with all that comes
    after it; None when nobody chose: all of them.

    Raises: InputError for an id that the plan does not have.
    """
    ids = {step.id for step in steps}
    for field, names in (("only", only), ("from", () if from_step is None else (from_step,))):
        for name in names:
            _check(field, name, ids)
    if not only and from_step is None:
        return None
    found = set(only)
    if from_step is not None:
        found |= {from_step, *_after(steps, [from_step])}
    return tuple(step.id for step in steps if step.id in found)


def carried(
    steps: Sequence[PlanStep], finished: Mapping[str, StepResult]
) -> Mapping[str, StepResult]:
    """Results of an earlier process that still hold.

    What a step came to that runs because of others' ends, a cleanup above all, holds only while
    none of the steps before it is run anew.
    """
    anew = {step.id for step in steps if step.id not in finished}
    conditional = {step.id for step in steps if step.when != "success"}
    if anew:
        anew.update(step.id for step in steps if step.when == "failure" and not step.depends_on)
    work = list(anew)
    children = _children(steps)
    seen = set(work)
    while work:
        for child in children.get(work.pop(), ()):
            if child not in seen:
                seen.add(child)
                work.append(child)
                if child in conditional:
                    anew.add(child)
    return {step: result for step, result in finished.items() if step not in anew}


def select(
    bound: Bound,
    *,
    finished: Mapping[str, StepResult],
    only: Collection[str] | None,
    from_step: str | None,
) -> Selection:
    """Raises: InputError for an id that the plan does not have, or a condition that is none."""
    steps = bound.plan.steps
    before = carried(steps, {step.id: finished[step.id] for step in steps if step.id in finished})
    named = chosen_steps(steps, only=only or (), from_step=from_step)
    if named is None:
        nodes = [_node(step, bound, step.depends_on, _when(step, bound)) for step in steps]
        return Selection(nodes, before, frozenset())
    chosen = frozenset(named)
    left_out = frozenset({step.id for step in steps} - chosen - before.keys())
    nodes = [_chosen_node(step, bound, chosen) for step in steps]
    return Selection(nodes, {**before, **dict.fromkeys(left_out, _LEFT_OUT)}, left_out)


def _chosen_node(step: PlanStep, bound: Bound, chosen: frozenset[str]) -> Node:
    if step.id not in chosen:
        return Node(id=step.id, policy="continue", critical=False, when="always")
    depends_on = tuple(name for name in step.depends_on if name in chosen)
    # Asked for by name, with nothing before it left whose end could be a reason not to run it.
    alone = not depends_on and (bool(step.depends_on) or len(chosen) == 1)
    return _node(step, bound, depends_on, "always" if alone else _when(step, bound))


def _node(step: PlanStep, bound: Bound, depends_on: tuple[str, ...], when: When) -> Node:
    return Node(
        id=step.id, depends_on=depends_on, policy=step.policy, critical=step.critical, when=when
    )


def _when(step: PlanStep, bound: Bound) -> When:
    words: dict[str, Literal["success", "failure", "always"]] = {
        "success": "success",
        "failure": "failure",
        "always": "always",
    }
    if step.when in words:
        return words[step.when]
    condition = parse(step.when)
    return lambda results: condition.holds(results, bound.values)


def _check(field: str, name: str, ids: Collection[str]) -> None:
    if name in ids:
        return
    near = get_close_matches(name[:100], list(ids)[:2000], n=1)
    fix = f"Did you mean {near[0]!r}?" if near else "`gatewright plan graph` shows its steps."
    raise InputError(field, name, "the plan has no such step", fix)


def _children(steps: Sequence[PlanStep]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for step in steps:
        for name in step.depends_on:
            found.setdefault(name, []).append(step.id)
    return found


def _after(steps: Sequence[PlanStep], begin: Sequence[str]) -> set[str]:
    children = _children(steps)
    found: set[str] = set()
    work = list(begin)
    while work:
        for child in children.get(work.pop(), ()):
            if child not in found:
                found.add(child)
                work.append(child)
    return found
