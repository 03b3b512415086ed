"""`gatewright plan runs`, `show` and `cancel`: runs of plans."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json
from gatewright.cli.plans.as_json import progress_json, run_json, timeline_json
from gatewright.cli.plans.given import RunArgument
from gatewright.cli.plans.opened import look, opened

if TYPE_CHECKING:
    from gatewright.domain.plan_run import PlanRun

Most = Annotated[int, typer.Option("--limit", min=1, help="So many, the newest first.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Kept with the run.")]


def runs(limit: Most = 20, as_json: Json = False) -> None:
    """The runs of plans, the newest first."""
    with guarded(as_json=as_json):
        found = look(lambda plans: plans.aruns(limit=limit))
        if as_json:
            print_json({"runs": [run_json(run) for run in found]})
        else:
            from gatewright.cli.plans.text import print_runs

            print_runs(found)


def show(run: RunArgument, as_json: Json = False) -> None:
    """A run: every step's status, attempts, exit, time, and what a person is asked."""
    with guarded(as_json=as_json):
        progress = look(lambda plans: plans.aprogress(run))
        if as_json:
            print_json({**progress_json(progress), "timeline": timeline_json(progress)})
        else:
            from gatewright.cli.plans.text import print_show

            print_show(progress.run, progress.steps, progress.timeline)


def cancel(run: RunArgument, reason: Reason = "", as_json: Json = False) -> None:
    """End a run, whoever runs it: running steps are ended, steps that clean up still run."""
    with guarded(as_json=as_json):
        ended = asyncio.run(_cancel(run, reason))
        if as_json:
            print_json(run_json(ended))
        else:
            typer.echo(f"{ended.run_id}: {ended.status}")
    if ended.status != "cancelled":
        from gatewright.domain.errors import EXIT_FAILED

        raise typer.Exit(EXIT_FAILED)


async def _cancel(run_id: str, reason: str) -> "PlanRun":
    async with opened() as plans:
        return await plans.acancel(run_id, reason)
