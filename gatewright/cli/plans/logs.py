"""`gatewright plan logs`: what happened in a run, and what its steps wrote."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.plans.given import RunArgument
from gatewright.cli.plans.opened import looking
from gatewright.domain.errors import InputError

if TYPE_CHECKING:
    from gatewright.domain.plan_run import PlanEvent
    from gatewright.orchestration.monitor import OrchestrationMonitor

StepArgument = Annotated[
    str | None,
    typer.Argument(metavar="STEP", help="A step: its output. Without one: the run's events."),
]
Attempt = Annotated[int | None, typer.Option(min=1, help="This attempt.  [default: the last]")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until it is over.")]
LogsJson = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout; with --follow one a line.")
]


def logs(
    run: RunArgument,
    step: StepArgument = None,
    attempt: Attempt = None,
    follow: Follow = False,
    as_json: LogsJson = False,
) -> None:
    """Print what a step wrote, its stdout to stdout and its stderr to stderr; without a step, what
    happened in the run."""
    with guarded(as_json=as_json):
        if step is None and attempt is not None:
            raise InputError("--attempt", attempt, "is given without a step", "Name the step.")
        asyncio.run(_logs(run, step, attempt, follow=follow, as_json=as_json))


async def _logs(
    run_id: str, step: str | None, number: int | None, *, follow: bool, as_json: bool
) -> None:
    from gatewright.cli.plans.output import follow_output, print_output

    async with looking() as monitor:
        if step is None:
            await _events(monitor, run_id, follow=follow, as_json=as_json)
        elif follow:
            await follow_output(monitor, run_id, step, number=number, as_json=as_json)
        else:
            await print_output(monitor, run_id, step, number=number, as_json=as_json)


async def _events(
    monitor: "OrchestrationMonitor", run_id: str, *, follow: bool, as_json: bool
) -> None:
    from gatewright.cli.plans.output import PAUSE_S, is_running

    if as_json and not follow:
        events = await monitor.aevents(run_id)
        print_json({"run_id": run_id, "events": [_event_json(one) for one in events]})
        return
    told = 0
    while True:
        # Asked first: what happens while this looks is read once more before the end.
        last = not (follow and await is_running(monitor, run_id))
        events = await monitor.aevents(run_id, told)
        for one in events:
            _print_event(one, as_json=as_json)
        told += len(events)
        if last:
            return
        if not events:
            await asyncio.sleep(PAUSE_S)


def _print_event(event: "PlanEvent", *, as_json: bool) -> None:
    if as_json:
        print_json(_event_json(event))
        return
    from gatewright.cli.plans.lines import line

    typer.echo(f"{event.at[11:23]}  {line(event).said()}")


def _event_json(event: "PlanEvent") -> dict[str, object]:
    return {name: value for name, value in asdict(event).items() if value not in (None, "")}
