"""Where in a plan values come in."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gatewright.plans.documents.document import PlanFile, PlanStep
from gatewright.plans.documents.positions import Keys
from gatewright.plans.variables.code import Kind, kinds_of
from gatewright.plans.variables.templates import Template, Use, of_shell, of_text

OF_THE_RUN = frozenset({"PLAN_ID", "PLAN_RUN_ID", "PLAN_STEP_ID", "PLAN_ATTEMPT", "PLAN_RUN_DIR"})
"""What the engine puts into every step's environment."""


class Place(NamedTuple):
    """A text of a step that holds a dollar."""

    keys: Keys
    """Its path in the step."""
    kind: Kind
    template: Template


def holds_places(step: PlanStep) -> bool:
    """Whether anything of it must be filled in; cheap."""
    if "$" in step.command or (step.cwd is not None and "$" in step.cwd):
        return True
    for texts in (step.args, step.env.values(), step.inputs, step.outputs):
        for text in texts:
            if "$" in text:
                return True
    return False


def places_of(step: PlanStep, *, of_all: Mapping[str, str]) -> list[Place]:
    """All of a step; `of_all` is the environment that all steps have.

    What is defined in the environment is the shell's own in a shell's code.
    """
    if not holds_places(step):
        return []
    words = [of_text(word) for word in (step.command, *step.args)]
    kinds = kinds_of([word.filled(lambda _: "\x00") for word in words])
    found: list[Place] = []
    for number, (word, kind) in enumerate(zip(words, kinds, strict=True)):
        text = step.args[number - 1] if number else step.command
        if "$" not in text:
            continue
        keys: Keys = ("args", number - 1) if number else ("command",)
        own = {*OF_THE_RUN, *of_all, *step.env}
        found.append(Place(keys, kind, _without(of_shell(text), own) if kind == "shell" else word))
    found += [Place(keys, "text", of_text(text)) for keys, text in _texts(step) if "$" in text]
    return found


def _texts(step: PlanStep) -> Iterator[tuple[Keys, str]]:
    for name, value in step.env.items():
        yield ("env", name), value
    if step.cwd is not None:
        yield ("cwd",), step.cwd
    for number, text in enumerate(step.inputs):
        yield ("inputs", number), text
    for number, text in enumerate(step.outputs):
        yield ("outputs", number), text


def _without(template: Template, own: set[str]) -> Template:
    pieces = tuple(
        in_shell(piece) if isinstance(piece, Use) and piece.name in own else piece
        for piece in template.pieces
    )
    return Template(pieces, template.problems)


def in_shell(use: Use) -> str:
    """A variable as it stands in a shell's code."""
    return f"${{{use.name}" + ("}" if use.default is None else ":-")


def of_all_steps(plan: PlanFile) -> list[Place]:
    """Places in what holds for all steps; the paths begin at the plan's root."""
    found = [
        Place(("globals", "env", name), "text", of_text(value))
        for name, value in plan.globals.env.items()
        if "$" in value
    ]
    folder = plan.globals.working_directory
    if folder is not None and "$" in folder:
        found.append(Place(("globals", "working_directory"), "text", of_text(folder)))
    return found
