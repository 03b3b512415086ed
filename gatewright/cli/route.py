"""`gatewright route`: who would answer for a task and why, or why somebody did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, Role
from gatewright.domain.errors import EXIT_ENVIRONMENT
from gatewright.domain.plain import plain

if TYPE_CHECKING:
    from gatewright.domain import task as domain
    from gatewright.domain.task import Task
    from gatewright.learning.dry_run import DryRun
    from gatewright.settings import Settings

ROLES: "tuple[domain.Role, ...]" = ("planner", "plan_reviewer", "implementer", "code_reviewer")
"""In the order in which a run comes to them."""

TaskFile = Annotated[
    Path | None, typer.Option("--task", metavar="FILE", help="A YAML or JSON file of tasks.")
]
Stage = Annotated[int, typer.Option("--stage", min=0, max=2, help="After so many failed attempts.")]
DecisionId = Annotated[
    str | None,
    typer.Option("--decision", metavar="ID", help="A recorded one, by its id's beginning."),
]


def route(
    task: TaskFile = None,
    decision: DecisionId = None,
    role: Role = None,
    stage: Stage = 0,
    as_json: Json = False,
) -> None:
    """Who would answer for a task, and why: a dry run. No model is called.

    With --decision: what was decided, and whether the record replays to the same choice.
    """
    with guarded(as_json=as_json):
        _one_of(task, decision)
        if decision is not None:
            same = _recorded(decision, as_json=as_json)
            code = 0 if same else 1
        else:
            code = _rehearsed(cast(Path, task), role, stage, as_json=as_json)
    if code:
        raise typer.Exit(code)


def parse_role(role: str | None) -> "tuple[domain.Role, ...]":
    """All four where none is named. Raises: InputError."""
    from gatewright.domain.errors import InputError

    if role is None:
        return ROLES
    found = tuple(one for one in ROLES if one == role)
    if not found:
        raise InputError("--role", role, "is no role", f"Name one of {', '.join(ROLES)}.")
    return found


def _one_of(task: Path | None, decision: str | None) -> None:
    from gatewright.domain.errors import InputError

    if (task is None) == (decision is None):
        given = None if task is None else [str(task), decision]
        raise InputError(
            "route", given, "is about a task file or about a decision", "Give --task or --decision."
        )


def _recorded(decision_id: str, *, as_json: bool) -> bool:
    """Whether the record comes out the same."""
    from gatewright.domain.errors import InputError
    from gatewright.settings import load_settings
    from gatewright.telemetry.decisions import read_decision
    from routing.replay import replay

    found = read_decision(load_settings().home / "telemetry", decision_id)
    try:
        again = replay(found.request, found.decision)
    except ValueError as error:
        raise InputError(
            "--decision", decision_id, f"cannot be replayed: {error}", "It is of an older router."
        ) from None
    if as_json:
        print_json(
            {**found.model_dump(mode="json"), "replay": {"same": again.same, **again._asdict()}}
        )
    else:
        from gatewright.cli.route_text import print_recorded

        print_recorded(found, again)
    return again.same


def _rehearsed(file: Path, role: str | None, stage: int, *, as_json: bool) -> int:
    from gatewright.settings import load_settings

    roles = parse_role(role)
    settings = load_settings()
    runs = _dry_runs(settings, _tasks(file), roles, stage)
    if as_json:
        objects = [run.model_dump(mode="json") for run in runs]
        print_json(objects[0] if len(objects) == 1 else {"tasks": objects})
    else:
        from gatewright.cli.route_text import print_dry_run

        for run in runs:
            print_dry_run(run)
    nobody = any(question.fault for run in runs for question in run.questions)
    return EXIT_ENVIRONMENT if nobody else 0


def _tasks(file: Path) -> "list[Task]":
    from gatewright.domain.intake import make_task
    from gatewright.tasks.taskfile import load_tasks

    raw: list[dict[str, Any]] = load_tasks(file)
    return [
        make_task({"repo": ".", **task}, where=f"task {number}: ")
        for number, task in enumerate(raw, start=1)
    ]


def _dry_runs(
    settings: "Settings", tasks: "list[Task]", roles: "tuple[domain.Role, ...]", stage: int
) -> "list[DryRun]":
    from gatewright.learning.dry_run import rehearse
    from gatewright.learning.routing_setup import make_router
    from gatewright.telemetry.routing_history import read_history
    from routing.history import History

    read = read_history(settings.home / "telemetry")
    for problem in read.problems:
        typer.secho(plain(f"not readable: {problem}"), fg="yellow", err=True)
    history = History(read.counted, half_life=settings.routing.half_life)
    router = make_router(settings, history=history)
    return [
        rehearse(router.decide, task, roles=roles, stage=stage, private=_is_private(settings, task))
        for task in tasks
    ]


def _is_private(settings: "Settings", task: "Task") -> bool:
    repo = task.repo.expanduser().absolute()
    return any(repo.is_relative_to(folder) for folder in settings.routing.private)
