"""A step's texts, taken apart once, ready to be filled with values."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatewright.plans.documents.document import PlanStep
from gatewright.plans.variables.places import Place, in_shell, places_of
from gatewright.plans.variables.templates import Template, Use


@dataclass(frozen=True, kw_only=True, slots=True)
class Filling:
    """The texts of one step."""

    argv: tuple[Template, ...]
    env: Mapping[str, Template]
    cwd: Template | None
    inputs: tuple[Template, ...]
    outputs: tuple[Template, ...]
    exported: Mapping[str, Use]
    """What the code of a shell reads, by its name in the environment."""
    reads: frozenset[str]
    """Ids of the steps that values come from."""


def filling_of(step: PlanStep, *, of_all: Mapping[str, str]) -> Filling:
    """Take a step's texts apart; `of_all` is the environment that all steps have."""
    places = places_of(step, of_all=of_all)
    exported: dict[str, Use] = {}
    by_keys = {
        place.keys: _for_shell(place.template, exported)
        if place.kind == "shell"
        else place.template
        for place in places
    }

    def taken(text: str, *keys: str | int) -> Template:
        return by_keys.get(keys) or Template((text,))

    return Filling(
        argv=(
            taken(step.command, "command"),
            *(taken(word, "args", number) for number, word in enumerate(step.args)),
        ),
        env={name: taken(value, "env", name) for name, value in step.env.items()},
        cwd=None if step.cwd is None else taken(step.cwd, "cwd"),
        inputs=tuple(taken(text, "inputs", at) for at, text in enumerate(step.inputs)),
        outputs=tuple(taken(text, "outputs", at) for at, text in enumerate(step.outputs)),
        exported=exported,
        reads=_read(places),
    )


def _for_shell(template: Template, exported: dict[str, Use]) -> Template:
    """The code as it will stand in the command, whatever the values are."""

    def name(use: Use) -> str:
        if use.name:
            exported[use.name] = use
            return in_shell(use)
        return "${" + _exported_as(use, exported) + "}"

    return Template((template.filled(name),))


def _exported_as(use: Use, exported: dict[str, Use]) -> str:
    """`GW_STEPS_ID_STDOUT`; with a number where `a-b` and `a_b` would be one."""
    words = ["GW_STEPS", use.step.replace("-", "_"), use.what, use.capture]
    wanted = "_".join(filter(None, words)).upper()
    name, number = wanted, 1
    while exported.setdefault(name, use) != use:
        number += 1
        name = f"{wanted}_{number}"
    return name


def _read(places: list[Place]) -> frozenset[str]:
    return frozenset(use.step for place in places for use in place.template.uses if use.step)
