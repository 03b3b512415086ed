"""`gatewright report`: what a task, a run, a day or a model took, or how two differ."""

from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json

if TYPE_CHECKING:
    from pathlib import Path

    from gatewright.domain.findings import Frozen

Task = Annotated[str | None, typer.Argument(help="The task.", metavar="[TASK]")]
Run = Annotated[
    str | None, typer.Option("--run", metavar="TRACE", help="One run, by its trace id's beginning.")
]
Day = Annotated[
    str | None, typer.Option("--day", help="YYYY-MM-DD (UTC), today or yesterday.", metavar="DAY")
]
Model = Annotated[str | None, typer.Option("--model", help="All calls of one model.")]
Compare = Annotated[
    tuple[str, str] | None,
    typer.Option("--compare", metavar="A B", help="Two tasks or runs side by side."),
]


def report(
    task_id: Task = None,
    run: Run = None,
    day: Day = None,
    model: Model = None,
    compare: Compare = None,
    as_json: Json = False,
) -> None:
    """What every node took: time, CPU, GPU, tokens, cost, gate checks.

    Without a task: the last days, one line each.
    """
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings

        _one_at_most(task_id, run, day, model, compare)
        folder = load_settings().home / "telemetry"
        found = _read(folder, task_id, run, day, model, compare)
        if as_json:
            print_json(found.model_dump(mode="json"))
        else:
            _print(found)


def _one_at_most(*asked: object) -> None:
    from gatewright.domain.errors import InputError

    given = [value for value in asked if value is not None]
    if len(given) > 1:
        raise InputError(
            "report",
            given,
            "is about one thing at a time",
            "Give a task, --run, --day, --model or --compare.",
        )


def _read(
    folder: "Path",
    task_id: str | None,
    run: str | None,
    day: str | None,
    model: str | None,
    compare: tuple[str, str] | None,
) -> "Frozen":
    from gatewright.telemetry import comparing, summaries
    from gatewright.telemetry import report as tasks

    if task_id is not None:
        return tasks.report(folder, task_id)
    if run is not None:
        return tasks.run_report(folder, run)
    if day is not None:
        return summaries.day_report(folder, summaries.parse_day(day))
    if model is not None:
        return summaries.model_report(folder, model)
    if compare is not None:
        return comparing.compare(folder, *compare)
    return summaries.trend(folder)


def _print(found: "Frozen") -> None:
    from gatewright.cli import report_summaries, report_table
    from gatewright.telemetry.comparing import Comparison
    from gatewright.telemetry.report import TaskReport
    from gatewright.telemetry.summaries import DayReport, ModelReport, Trend

    match found:
        case TaskReport():
            report_table.print_report(found)
        case DayReport():
            report_summaries.print_day(found)
        case ModelReport():
            report_summaries.print_model(found)
        case Comparison():
            report_summaries.print_comparison(found)
        case Trend():
            report_summaries.print_trend(found)
