"""What is wrong with the values that a plan is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatewright.domain.errors import InputError
from gatewright.plans.conditions.condition import parse
from gatewright.plans.documents.document import WHENS, PlanFile, Variable
from gatewright.plans.documents.positions import Keys
from gatewright.plans.documents.problems import Problem, did_you_mean, json_path, short
from gatewright.plans.variables.places import of_all_steps, places_of
from gatewright.plans.variables.values import fitting, refused_name

_TOLD = 5
"""Places of one variable that a message names."""


@dataclass(slots=True)
class Used:
    """Where a variable is used."""

    places: list[str] = field(default_factory=list)
    """JSON paths, with the id of the step."""
    required: bool = False
    """Somewhere without a default."""

    def __str__(self) -> str:
        told = ", ".join(self.places[:_TOLD])
        more = len(self.places) - _TOLD
        return f"{told} and {more} more places" if more > 0 else told


def uses(plan: PlanFile) -> Mapping[str, Used]:
    """Every variable that a plan uses, declared or not, in the order of the file."""
    found: dict[str, Used] = {}

    def note(name: str, keys: Keys, *, step: str = "", required: bool) -> None:
        used = found.setdefault(name, Used())
        path = json_path(keys)
        place = f"{path} (step {step!r})" if step else path
        if place not in used.places[-1:]:
            used.places.append(place)
        used.required = used.required or required

    for place in of_all_steps(plan):
        for use in place.template.uses:
            note(use.name, place.keys, required=use.default is None)
    for number, step in enumerate(plan.steps):
        for place in places_of(step, of_all=plan.globals.env):
            for use in place.template.uses:
                if use.name:
                    keys = ("steps", number, *place.keys)
                    note(use.name, keys, step=step.id, required=use.default is None)
        for name in _of_condition(step.when):
            note(name, ("steps", number, "when"), step=step.id, required=True)
    return found


def _of_condition(when: str) -> frozenset[str]:
    if when in WHENS:
        return frozenset()
    try:
        return parse(when).variables
    except InputError:
        # `check` names it.
        return frozenset()


def binding_problems(plan: PlanFile, given: Mapping[str, str]) -> list[Problem]:
    """One for each variable with which something is wrong."""
    used = uses(plan)
    told: list[Problem] = []

    def tell(keys: Keys, message: str, fix: str) -> None:
        told.append(
            Problem(file=plan.plan_id, path=json_path(keys), line=None, message=message, fix=fix)
        )

    for name, value in given.items():
        if name not in plan.variables and name not in used:
            hint = did_you_mean(name, [*plan.variables, *used])
            tell(
                ("variables",), f"{short(name)} is no variable of this plan", hint + "Leave it out."
            )
            continue
        variable = plan.variables.get(name, Variable())
        where = f"; it is used in {used[name]}" if name in used else ""
        wrong = refused_name(name) or fitting(value, variable)
        if wrong:
            tell(("variables", name), f"variable {name!r} {wrong}{where}", "Give another value.")
    for name, use in used.items():
        declared = plan.variables.get(name)
        if not use.required or name in given or (declared and declared.default is not None):
            continue
        fix = f"Give --var {name}=VALUE, or a default."
        if declared is None:
            fix += f" Is it the shell's own? Then write ${name} or $${{{name}}}."
        tell(("variables", name), f"variable {name!r} has no value; it is used in {use}", fix)
    return told
