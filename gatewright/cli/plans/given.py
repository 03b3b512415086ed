"""What is given to the plan commands: a plan by its file or name, variables, answers."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from gatewright.domain.errors import InputError

PlanArgument = Annotated[
    str, typer.Argument(metavar="PLAN", help="A plan file, or the name of a built-in plan.")
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run, as `plan runs` names it.")]
Variables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable of the plan. Repeatable."),
]
Strings = list[str] | None


class Found(NamedTuple):
    """A plan file."""

    path: Path
    directory: Path | None
    """Where its relative paths begin; None: at its own folder."""


def find_plan(given: str) -> Found:
    """The file of this name, or the built-in plan: that one works in the current folder.

    Raises: InputError when there is neither.
    """
    path = Path(given)
    if path.exists():
        return Found(path, None)
    known = builtin()
    if given in known:
        return Found(known[given], Path.cwd())
    names = f"a built-in plan ({', '.join(known)})" if known else "a plan file"
    raise InputError(
        "plan", given, "is no file that there is", f"Name a JSON or YAML file or {names}."
    )


def builtin() -> dict[str, Path]:
    """The plans that come with Gatewright, by name."""
    folder = Path(str(files("gatewright.plans"))) / "library"
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def parse_variables(given: Sequence[str] | None) -> dict[str, str]:
    """`NAME=VALUE` each.

    Raises: InputError for one without `=` or a name, and for a name given twice.
    """
    found: dict[str, str] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not equals or not name:
            # Not the text itself: it may hold a secret.
            raise InputError(
                "--var", name[:20], "is no NAME=VALUE", "Write it as --var NAME=VALUE."
            )
        if name in found:
            raise InputError("--var", name, "is given twice", "Give it once.")
        found[name] = value
    return found


def parse_answers(given: Sequence[str] | None) -> dict[str, str]:
    """`STEP=rerun|done|failed` each.

    Raises: InputError for anything else.
    """
    found: dict[str, str] = {}
    for one in given or ():
        step, _, word = one.rpartition("=")
        if not step or word not in ("rerun", "done", "failed"):
            fix = "Write it as --answer STEP=rerun, STEP=done or STEP=failed."
            raise InputError("--answer", one, "is no answer", fix)
        found[step] = word
    return found
