"""Everything that can be wrong with a plan whose form is right, found at once."""

import os
from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.faults import Fault
from gatewright.plans.documents.graph_checks import Ancestors, cycles
from gatewright.plans.documents.problems import Problem, did_you_mean, json_path, short
from gatewright.plans.documents.text_checks import condition_faults, text_faults
from gatewright.plans.variables.values import fitting, refused_name

_CYCLE_TOLD = 20
"""Steps of a cycle that a message names."""
_MOST_OF_A_KIND = 200
_GUESSED = 20
"""Unknown names for which a similar one is looked for: each takes milliseconds."""


def check(plan: PlanFile, *, file: str = "") -> tuple[Problem, ...]:
    """What is wrong with a plan that was made from no text; nothing when all is well."""
    return tuple(
        Problem(
            file=file or plan.plan_id,
            path=json_path(fault.keys),
            line=None,
            message=fault.message,
            fix=fault.fix,
        )
        for fault in faults(plan)
    )


def capacities(plan: PlanFile) -> Mapping[str, int]:
    """How much there is of each resource."""
    return {"cpu": os.cpu_count() or 1, **plan.globals.resources}


def faults(plan: PlanFile, *, unsure: Collection[str] = ()) -> list[Fault]:
    """The same by paths. Steps in `unsure` are not missed: their ids are what is wrong."""
    if not plan.steps:
        return [Fault(("steps",), "holds no step", "Give at least one.")]
    ids: dict[str, int] = {}
    for number, step in enumerate(plan.steps):
        ids.setdefault(step.id, number)
    before = [
        [ids[one] for one in step.depends_on if ids.get(one, number) != number]
        for number, step in enumerate(plan.steps)
    ]
    ancestors = Ancestors(ids, before)
    kinds = (
        _of_variables(plan),
        _of_ids(plan, ids),
        _of_dependencies(plan, ids, unsure),
        (_cycle(plan, way) for way in cycles(before)),
        _of_resources(plan),
        text_faults(plan, ids, ancestors),
        condition_faults(plan, ids, ancestors),
    )
    return [fault for kind in kinds for fault in islice(kind, _MOST_OF_A_KIND)]


def _of_ids(plan: PlanFile, ids: Mapping[str, int]) -> Iterator[Fault]:
    for number, step in enumerate(plan.steps):
        first = ids[step.id]
        if first != number:
            message = f"{step.id!r} is the id of {json_path(('steps', first))} too"
            yield Fault(("steps", number, "id"), message, "Give it another one.")


def _of_dependencies(
    plan: PlanFile, ids: Mapping[str, int], unsure: Collection[str]
) -> Iterator[Fault]:
    guessed = 0
    for number, step in enumerate(plan.steps):
        named: set[str] = set()
        for at, one in enumerate(step.depends_on):
            keys = ("steps", number, "depends_on", at)
            if one == step.id:
                yield Fault(keys, f"step {one!r} depends on itself", "Leave it out.")
            elif one in named:
                yield Fault(keys, f"{one!r} is named twice", "Leave it out.")
            elif one not in ids and one not in unsure:
                guessed += 1
                hint = did_you_mean(one, ids) if guessed <= _GUESSED else ""
                message = f"there is no step {short(one)}"
                yield Fault(keys, message, hint + "Name a step of this plan.")
            named.add(one)


def _cycle(plan: PlanFile, way: list[int]) -> Fault:
    """`way` holds each step once, and behind it the one that it depends on."""
    names = [plan.steps[number].id for number in way]
    told = names if len(names) <= _CYCLE_TOLD else [*names[: _CYCLE_TOLD - 1], "...", names[-1]]
    message = "steps depend on each other: " + " -> ".join([*told, names[0]])
    at = plan.steps[way[0]].depends_on.index(names[1])
    keys = ("steps", way[0], "depends_on", at)
    return Fault(keys, message, "Take one of these dependencies away.")


def _of_resources(plan: PlanFile) -> Iterator[Fault]:
    there = capacities(plan)
    for number, step in enumerate(plan.steps):
        for name, amount in step.resources.items():
            keys = ("steps", number, "resources", name)
            if name not in there:
                hint = did_you_mean(name, there)
                fix = f"{hint}Say in globals.resources how much there is of it."
                yield Fault(keys, f"there is no resource {name!r}", fix)
            elif amount > there[name]:
                message = f"step {step.id!r} asks for {amount} of {there[name]}"
                fix = f"Ask for less, or raise globals.resources.{name}."
                yield Fault(keys, message, fix)


def _of_variables(plan: PlanFile) -> Iterator[Fault]:
    for name, variable in plan.variables.items():
        refused = refused_name(name)
        if refused:
            yield Fault(("variables", name), f"variable {name!r} {refused}", "Rename it.")
        if variable.secret and variable.default:
            fix = "Leave it out, and give it to each run."
            yield Fault(
                ("variables", name, "default"), "a secret would be stored with the plan", fix
            )
        wrong = "" if variable.default is None else fitting(variable.default, variable)
        if wrong:
            yield Fault(("variables", name, "default"), f"default {wrong}", "Mend one of both.")
