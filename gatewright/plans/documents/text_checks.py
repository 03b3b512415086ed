"""Variables and conditions in a plan's texts: do they read what is there, and only safely."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from gatewright.domain.errors import InputError
from gatewright.plans.conditions.condition import parse
from gatewright.plans.documents.document import WHENS, PlanFile
from gatewright.plans.documents.faults import Fault
from gatewright.plans.documents.graph_checks import Ancestors
from gatewright.plans.documents.positions import Keys
from gatewright.plans.documents.problems import did_you_mean
from gatewright.plans.variables.places import OF_THE_RUN, Place, of_all_steps, places_of
from gatewright.plans.variables.templates import Use

_SAFE = {"exit_code", "status"}
"""What the engine itself says of a step: never code."""


def text_faults(plan: PlanFile, ids: Mapping[str, int], ancestors: Ancestors) -> Iterator[Fault]:
    """Of all texts that hold variables."""
    for place in of_all_steps(plan):
        yield from _forms(place, place.keys)
        for use in place.template.uses:
            if use.step:
                message = f"{use}: what holds for all steps cannot read a step"
                yield Fault(place.keys, message, "Move it to the steps that need it.")
    patterned = {name for name, one in plan.variables.items() if one.pattern is not None}
    graph = _Graph(plan, ids, ancestors)
    for number, step in enumerate(plan.steps):
        for place in places_of(step, of_all=plan.globals.env):
            keys = ("steps", number, *place.keys)
            yield from _forms(place, keys)
            yield from _unsafe(place, keys, patterned)
            for use in place.template.uses:
                if use.step:
                    yield from graph.reads(number, use.step, keys)
                    yield from graph.captures(use.step, use.capture, keys)


def _forms(place: Place, keys: Keys) -> Iterator[Fault]:
    for problem in place.template.problems:
        fix = "Write ${NAME}, ${NAME:-default} or ${steps.ID.stdout}; $$ is a dollar."
        yield Fault(keys, problem, fix)
    for use in place.template.uses:
        if use.name in OF_THE_RUN:
            fix = f"Read it from the environment: a shell's ${use.name}."
            yield Fault(keys, f"{use} is known to the step's processes only", fix)


def _unsafe(place: Place, keys: Keys, patterned: Collection[str]) -> Iterator[Fault]:
    if place.kind in {"text", "shell"}:
        return
    uses = place.template.uses
    if place.kind == "option":
        first = place.template.pieces[:1]
        uses = tuple(use for use in first if isinstance(use, Use))
    what = {
        "program": "decides which program is run",
        "code": "would become part of a program's code",
        "option": "could be read as an option",
    }[place.kind]
    for use in uses:
        if use.name in patterned or (use.what in _SAFE and place.kind != "program"):
            continue
        if use.name:
            fix = f"Give variables.{use.name}.pattern, or hand it over in env."
        else:
            fix = "Hand it over in env."
        yield Fault(keys, f"{use} {what}", fix)


def condition_faults(
    plan: PlanFile, ids: Mapping[str, int], ancestors: Ancestors
) -> Iterator[Fault]:
    """Of all conditions."""
    graph = _Graph(plan, ids, ancestors)
    for number, step in enumerate(plan.steps):
        if step.when in WHENS:
            continue
        keys: Keys = ("steps", number, "when")
        try:
            condition = parse(step.when)
        except InputError as error:
            yield Fault(keys, error.problem, error.fix)
            continue
        for other in sorted(condition.mentions):
            yield from graph.reads(number, other, keys)
        for other, capture in sorted(condition.captures):
            yield from graph.captures(other, capture, keys)


class _Graph(NamedTuple):
    plan: PlanFile
    ids: Mapping[str, int]
    ancestors: Ancestors

    def reads(self, number: int, other: str, keys: Keys) -> Iterator[Fault]:
        """What is wrong with a step that reads another one."""
        name = self.plan.steps[number].id
        if other not in self.ids:
            fix = did_you_mean(other, self.ids) + "Name a step that comes before."
            yield Fault(keys, f"there is no step {other!r}", fix)
        elif other == name:
            yield Fault(keys, f"step {name!r} reads itself", "Name a step that comes before.")
        elif self.ancestors.has(number, other) is False:
            message = f"step {name!r} reads {other!r}, which need not be over then"
            yield Fault(keys, message, f"Add {other!r} to its depends_on.")

    def captures(self, other: str, capture: str, keys: Keys) -> Iterator[Fault]:
        """What is wrong with reading a capture; nothing without one."""
        if not capture or other not in self.ids:
            return
        step = self.plan.steps[self.ids[other]]
        if capture not in step.captures:
            hint = did_you_mean(capture, step.captures)
            fix = f"{hint}Add it to captures of step {other!r}."
            yield Fault(keys, f"step {other!r} captures no {capture!r}", fix)
