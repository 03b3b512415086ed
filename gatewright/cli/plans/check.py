"""`gatewright plan check`, `graph` and `schema`: plans that are not run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json
from gatewright.cli.plans.given import PlanArgument, Variables, find_plan, parse_variables
from gatewright.cli.plans.words import count
from gatewright.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatewright.domain.plan_run import StepResult
    from gatewright.plans.documents.document import PlanFile

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file.")]
OfRun = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Of this run, coloured by its states.")
]
_FORMATS = {"mermaid": "mermaid", "mmd": "mermaid", "md": "mermaid", "svg": "svg", "dot": "dot"}
"""By the suffix of a file, and by their own names."""


def check(plan: PlanArgument, var: Variables = None, as_json: Json = False) -> None:
    """Whether a plan can be run: everything that is wrong with it, at once.

    With --var its variables as well: that all are given, and match their patterns.
    """
    from gatewright.cli.plans.problems import telling_problems

    with guarded(as_json=as_json), telling_problems(as_json=as_json):
        from gatewright.plans.documents.loading import load

        given = parse_variables(var)
        found = load(find_plan(plan).path)
        if given:
            from gatewright.plans.variables.bound import bind

            bind(found, given)
        if as_json:
            print_json(_checked(found))
        else:
            steps, variables = (
                count(len(found.steps), "step"),
                count(len(found.variables), "variable"),
            )
            typer.echo(f"{found.plan_id}: {steps}, {variables}; it can be run.")


def graph(
    plan: Annotated[
        str | None,
        typer.Argument(metavar="PLAN", help="A plan file, or the name of a built-in plan."),
    ] = None,
    run: OfRun = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="mermaid, svg or dot.  [default: by the output's suffix, or mermaid]",
        ),
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Draw a plan, or a run of one with its states."""
    from gatewright.cli.plans.problems import telling_problems

    with guarded(as_json=as_json), telling_problems(as_json=as_json):
        kind = _format(format_, output)
        text = _drawn(plan, run, kind)
        if output is not None:
            output.write_text(text, encoding="utf-8")
        if as_json:
            print_json(
                {"format": kind, "output": None if output is None else str(output), "graph": text}
            )
        elif output is None:
            typer.echo(text, nl=not text.endswith("\n"))


def schema() -> None:
    """Print the JSON Schema of plan files, for editors."""
    with guarded():
        import json

        from gatewright.plans.documents.document import json_schema

        typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _checked(plan: "PlanFile") -> dict[str, Any]:
    return {
        "ok": True,
        "plan_id": plan.plan_id,
        "version": plan.version,
        "steps": [step.id for step in plan.steps],
        "variables": {
            name: {"default": one.default, "secret": one.secret}
            for name, one in plan.variables.items()
        },
    }


def _format(given: str | None, output: Path | None) -> str:
    """Raises: InputError for a format that there is not."""
    suffix = "" if output is None else output.suffix.lstrip(".").lower()
    kind = _FORMATS.get(given if given is not None else suffix or "mermaid")
    if kind is None:
        named = given if given is not None else str(output)
        raise InputError("--format", named, "is no format", "Use mermaid, svg or dot.")
    return kind


def _drawn(plan: str | None, run: str | None, kind: str) -> str:
    from gatewright.plans.pictures.drawing import dot, mermaid, svg

    found, results = _plan_of(plan, run)
    if kind == "dot":
        return dot(found)
    return (svg if kind == "svg" else mermaid)(found, results)


def _plan_of(plan: str | None, run: str | None) -> "tuple[PlanFile, Mapping[str, StepResult]]":
    if plan is not None and run is not None:
        raise InputError("plan", plan, "is given with --run", "Give one of them.")
    if plan is not None:
        from gatewright.plans.documents.loading import load

        return load(find_plan(plan).path), {}
    if run is None:
        raise InputError("plan", None, "is missing", "Name a plan, or give --run RUN.")
    from gatewright.cli.plans.opened import look
    from gatewright.plans.documents.loading import loads

    progress = look(lambda plans: plans.aprogress(run))
    return loads(progress.run.plan, name=progress.run.plan_path), progress.steps
