"""`gatewright plan run`: run a plan, go on with a run, or say what would be run."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import EXIT_STOPPED, guarded, print_json
from gatewright.cli.options import LastJson
from gatewright.cli.plans.given import (
    Strings,
    Variables,
    find_plan,
    parse_answers,
    parse_variables,
)
from gatewright.domain.errors import EXIT_AWAITING_HUMAN, EXIT_DONE, EXIT_FAILED, InputError

if TYPE_CHECKING:
    from gatewright.cli.plans.order import Order
    from gatewright.orchestration.progress import Progress

_EXITS = {"succeeded": EXIT_DONE, "waiting": EXIT_AWAITING_HUMAN}
"""By the status in which a run was left; any other is a failure."""


def run(
    plan: Annotated[
        str | None,
        typer.Argument(metavar="PLAN", help="A plan file, or the name of a built-in plan."),
    ] = None,
    var: Variables = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run and why; run nothing.")
    ] = False,
    only: Annotated[
        Strings, typer.Option("--only", metavar="STEP", help="Run this step only. Repeatable.")
    ] = None,
    from_step: Annotated[
        str | None,
        typer.Option("--from", metavar="STEP", help="Run this step and what depends on it."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", help="Go on with a run; what succeeded stays."),
    ] = None,
    max_concurrency: Annotated[
        int | None,
        typer.Option(min=1, help="So many steps at a time.  [default: the plan's, or the cores]"),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(help="Where relative paths begin.  [default: the plan file's folder]"),
    ] = None,
    approve: Annotated[
        bool, typer.Option("--approve", help="Answer a plan that asks for approval: yes.")
    ] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="With --resume: answer it with no.")
    ] = False,
    answer: Annotated[
        Strings,
        typer.Option(
            metavar="STEP=WORD",
            help="Of a step that was cut off and may not simply run again: rerun, done or failed. "
            "Repeatable.",
        ),
    ] = None,
    as_json: LastJson = False,
) -> None:
    """Run a plan of commands, each as soon as what it depends on is over.

    Ctrl-C cancels the run: running steps are ended, steps that clean up still run. A second one
    kills everything. `--resume` goes on where a run stopped, whatever stopped it.
    """
    from gatewright.cli.plans.problems import telling_problems

    with guarded(as_json=as_json), telling_problems(as_json=as_json):
        from gatewright.cli.plans.order import Order

        _check_which(plan, resume, only=only, from_step=from_step, directory=directory)
        found = None if plan is None else find_plan(plan)
        order = Order(
            path=None if found is None else found.path,
            directory=directory or (None if found is None else found.directory),
            resume=resume,
            variables=parse_variables(var),
            only=tuple(only or ()),
            from_step=from_step,
            max_concurrency=max_concurrency,
            approved=_approval(approve=approve, reject=reject, resume=resume),
            answers=parse_answers(answer),
        )
        if dry_run:
            _preview(order, as_json=as_json)
            return
        from gatewright.cli.plans.watch import watch

        ended = asyncio.run(watch(order, as_json=as_json))
        _end(ended.progress, stopped=ended.stopped, as_json=as_json)


def _end(progress: "Progress", *, stopped: bool, as_json: bool) -> None:
    from gatewright.cli.plans.as_json import progress_json
    from gatewright.cli.plans.text import print_summary

    print_summary(progress.run, progress.steps, to_stderr=as_json)
    if as_json:
        try:
            print_json(progress_json(progress))
        except BrokenPipeError:
            sys.stderr.close()  # nobody reads any more, but somebody may ask for the exit code
    code = _EXITS.get(progress.status, EXIT_FAILED)
    if code == EXIT_FAILED and stopped:
        code = EXIT_STOPPED
    if code:
        raise typer.Exit(code)


def _preview(order: "Order", *, as_json: bool) -> None:
    from dataclasses import asdict

    from gatewright.cli.plans.preview import preview

    found = asyncio.run(preview(order))
    if as_json:
        print_json({"plan_id": found.plan_id, "steps": [asdict(one) for one in found.intents]})
        return
    from gatewright.cli.plans.preview_text import print_preview

    print_preview(found.intents, plan_id=found.plan_id)


def _check_which(plan: str | None, resume: str | None, **more: object) -> None:
    """Raises: InputError for neither, or both, or what a resumed run has of its own."""
    if plan is None and resume is None:
        raise InputError("plan", None, "is missing", "Name a plan file, or give --resume RUN.")
    if plan is not None and resume is not None:
        raise InputError(
            "plan",
            plan,
            "is given with --resume, which uses the plan that the run began with",
            "Give one of them.",
        )
    if resume is None:
        return
    for name, value in more.items():
        if value:
            flag = {"from_step": "--from"}.get(name, f"--{name}")
            raise InputError(flag, value, "is given with --resume", "Leave it out.")


def _approval(*, approve: bool, reject: bool, resume: str | None) -> bool | None:
    if approve and reject:
        raise InputError("--approve", True, "is given with --reject", "Give one of them.")
    if reject and resume is None:
        raise InputError("--reject", True, "is an answer", "Name the run: --resume RUN.")
    return True if approve else False if reject else None
