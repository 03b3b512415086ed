"""Texts of a plan file that hold variables, taken apart.

`${NAME}`, `${NAME:-default}`, `${steps.ID.stdout|stderr|exit_code|status|captures.NAME}`; `$$` is
a dollar. A bare `$t` or `$(...)` stays as it is. In a shell's code the variables are left for the
shell, so that the code is the same whatever they hold; what else begins with `${` there is the
shell's own, and so is what a backslash stands before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gatewright.plans.documents.document import STEP_ID, VARIABLE
from gatewright.plans.documents.problems import short

_STEP = re.compile(
    rf"\$\{{steps\.({STEP_ID})\."
    rf"(?:(stdout|stderr|exit_code|status)|captures\.({VARIABLE}))\}}"
)
_NAME = re.compile(rf"\$\{{({VARIABLE})(\}}|:-)")
_TEXT = re.compile(r"\$\$|\$\{")
_SHELL = re.compile(r"\\.|\$\$|\$\{", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Use:
    """A place in a text where a value comes in."""

    name: str = ""
    """Of the variable; empty: of a step."""
    default: str | None = None
    """What stands after `:-`; in a shell's code only whether something does."""
    step: str = ""
    what: str = ""
    """`stdout`, `stderr`, `exit_code`, `status`, or `captures`."""
    capture: str = ""

    def __str__(self) -> str:
        if self.name:
            return "${" + self.name + "}"
        return "${steps." + ".".join(filter(None, (self.step, self.what, self.capture))) + "}"


@dataclass(frozen=True, slots=True)
class Template:
    """A text, taken apart."""

    pieces: tuple[str | Use, ...]
    problems: tuple[str, ...] = ()

    @property
    def uses(self) -> tuple[Use, ...]:
        """Where values come in, in their order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Use))

    def filled(self, value: Callable[[Use], str]) -> str:
        """The text with a value in each place."""
        return "".join(piece if isinstance(piece, str) else value(piece) for piece in self.pieces)


def of_text(text: str) -> Template:
    """Of a text that is no shell's code: values are put into it."""
    pieces: list[str | Use] = []
    problems: list[str] = []
    at = 0
    while match := _TEXT.search(text, at):
        pieces.append(text[at : match.start()])
        at = match.end()
        if match[0] == "$$":
            pieces.append("$")
            continue
        end = text.find("}", at)
        found = _use(text, match.start(), end)
        if isinstance(found, str):
            problems.append(found)
            at = len(text) if end < 0 else end + 1
            continue
        pieces.append(found)
        at = end + 1
    pieces.append(text[at:])
    return Template(tuple(piece for piece in pieces if piece), tuple(problems))


def _use(text: str, start: int, end: int) -> Use | str:
    if end < 0:
        return f"{short(text[start:])} has no end"
    whole = text[start : end + 1]
    if step := _STEP.fullmatch(whole):
        return _of_step(step)
    name = _NAME.match(whole)
    if name is None:
        return f"{short(whole)} is no variable"
    if name[2] == "}":
        return Use(name[1])
    default = whole[name.end() : -1]
    if "${" in default.replace("$$", ""):
        return f"{short(whole)}: a default holds no variables"
    return Use(name[1], default.replace("$$", "$"))


def of_shell(text: str) -> Template:
    """Of a shell's code: a variable's place keeps its text, a step's gets a name."""
    pieces: list[str | Use] = []
    problems: list[str] = []
    at = 0
    while match := _SHELL.search(text, at):
        pieces.append(text[at : match.start()])
        at = match.end()
        if match[0] == "$$":
            pieces.append("$")
        elif match[0] != "${":
            pieces.append(match[0])
        elif step := _STEP.match(text, match.start()):
            pieces.append(_of_step(step))
            at = step.end()
        elif text.startswith("steps.", at):
            problems.append(f"{short(text[match.start() : at + 60])} is no output of a step")
            pieces.append("${")
        elif name := _NAME.match(text, match.start()):
            # What follows `:-` is read on: variables may stand in it.
            pieces.append(Use(name[1], "" if name[2] == ":-" else None))
            at = name.end()
        else:
            pieces.append("${")
    pieces.append(text[at:])
    return Template(tuple(piece for piece in pieces if piece), tuple(problems))


def _of_step(match: re.Match[str]) -> Use:
    return Use(step=match[1], what=match[2] or "captures", capture=match[3] or "")
