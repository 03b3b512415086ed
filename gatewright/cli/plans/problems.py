"""What is wrong with a plan file: all of it, a line each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from gatewright.cli.guard import print_json
from gatewright.domain.errors import EXIT_BAD_INPUT
from gatewright.domain.plain import plain

if TYPE_CHECKING:
    from gatewright.plans.documents.problems import Problem

_MOST = 200
"""That are printed; JSON has all."""


@contextmanager
def telling_problems(*, as_json: bool) -> Iterator[None]:
    """A plan that is refused ends the command with 2, every problem told: on stderr, and with JSON
    as an object on stdout."""
    from gatewright.plans.documents.problems import PlanInvalid

    try:
        yield
    except PlanInvalid as refused:
        print_problems(refused.problems)
        if as_json:
            print_json({"error": "PlanInvalid", **problems_json(refused.problems)})
        raise typer.Exit(EXIT_BAD_INPUT) from None


def print_problems(problems: Sequence["Problem"]) -> None:
    """On stderr: file, line, JSON path, what is wrong, what mends it."""
    for one in problems[:_MOST]:
        typer.secho(plain(str(one)), fg="red", err=True)
    if len(problems) > _MOST:
        typer.secho(f"and {len(problems) - _MOST} more", fg="red", err=True)


def problems_json(problems: Sequence["Problem"]) -> dict[str, Any]:
    """As JSON has them."""
    return {
        "ok": False,
        "problems": [asdict(one) for one in problems],
    }
