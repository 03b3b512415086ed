"""`gatewright run` and `gatewright resume`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import LastJson, TaskArgument, UnsafeNoSandbox

if TYPE_CHECKING:
    from gatewright.domain.result import TaskResult

Strings = list[str] | None


def run(
    file: Annotated[
        Path | None, typer.Argument(help="A YAML or JSON file of one task or many.")
    ] = None,
    goal: Annotated[str | None, typer.Option(help="What is to be achieved.")] = None,
    repo: Annotated[
        Path | None, typer.Option(help="The git repository.  [default: the current folder]")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="The ref to start from.  [default: HEAD, if it is clean]")
    ] = None,
    task_id: Annotated[
        str | None, typer.Option("--id", help="The task's id.  [default: made from its content]")
    ] = None,
    risk: Annotated[str | None, typer.Option(help="low, medium or high.")] = None,
    area: Annotated[str | None, typer.Option(help="What part of the system this is about.")] = None,
    priority: Annotated[str | None, typer.Option(help="low, medium, high or critical.")] = None,
    test: Annotated[
        Strings,
        typer.Option(metavar="TEST", help="A test that must pass: path or node id. Repeatable."),
    ] = None,
    command: Annotated[
        Strings,
        typer.Option(metavar="COMMAND", help="A command that must exit with 0. Repeatable."),
    ] = None,
    mypy: Annotated[bool | None, typer.Option(help="Check types, or do not.")] = None,
    ruff: Annotated[bool | None, typer.Option(help="Lint, or do not.")] = None,
    constraint: Annotated[
        Strings, typer.Option(metavar="TEXT", help="Must be kept. Repeatable.")
    ] = None,
    criterion: Annotated[
        Strings, typer.Option(metavar="TEXT", help="Must be met. Repeatable.")
    ] = None,
    context_file: Annotated[
        Strings, typer.Option(metavar="PATH", help="A model sees it. Repeatable.")
    ] = None,
    max_cost_usd: Annotated[float | None, typer.Option(help="Budget: US dollars.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Budget: seconds of work.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Budget: tokens in and out.")] = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Run a task: plan, review, implement, review, gate, branch.

    The same command again goes on where the task stopped, whatever stopped it.
    """
    given: dict[str, Any] = {
        "goal": goal,
        "repo": None if repo is None else str(repo),
        "base": base,
        "id": task_id,
        "risk": risk,
        "area": area,
        "priority": priority,
        "constraints": constraint,
        "acceptance_criteria": criterion,
        "context_files": context_file,
        "gate": _some(pytest=test, commands=command, mypy=mypy, ruff=ruff),
        "budget": _some(max_cost_usd=max_cost_usd, max_seconds=max_seconds, max_tokens=max_tokens),
    }
    import asyncio

    with guarded(as_json=as_json):
        tasks = _tasks(file, {key: value for key, value in given.items() if _is_given(value)})
        results = asyncio.run(_run_all(tasks, as_json, unsafe_no_sandbox))
        _end(results, as_json=as_json)


def resume(
    task_id: TaskArgument,
    approve: Annotated[
        bool, typer.Option("--approve", help="Answer its question: go on in spite of it.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Answer its question: try again.")] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="Answer its question: end it as failed.")
    ] = False,
    note: Annotated[str, typer.Option(help="Said to the next attempt.")] = "",
    max_cost_usd: Annotated[float | None, typer.Option(help="Raise the budget: dollars.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Raise the budget: seconds.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Raise the budget: tokens.")] = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Go on with a task, or answer its question."""
    import asyncio

    from gatewright.domain.errors import InputError

    with guarded(as_json=as_json):
        chosen = [
            name for name, on in (("approve", approve), ("retry", retry), ("reject", reject)) if on
        ]
        if len(chosen) > 1:
            raise InputError("answer", chosen, "are several", "Give one of them.")
        budget = _some(max_cost_usd=max_cost_usd, max_seconds=max_seconds, max_tokens=max_tokens)
        for field, value in (("budget", budget), ("note", note)):
            if value and not chosen:
                raise InputError(field, value, "is given without an answer", "Add --retry.")
        answer = {"action": chosen[0], "note": note, "budget": budget} if chosen else None
        result = asyncio.run(_resume_one(task_id, answer, as_json, unsafe_no_sandbox))
        _end([result], as_json=as_json)


def _tasks(file: Path | None, given: dict[str, Any]) -> list[dict[str, Any]]:
    from gatewright.domain.errors import InputError
    from gatewright.taskfile import load_tasks

    if file is None:
        if "goal" not in given:
            raise InputError("goal", None, "is missing", "Give a task file, or --goal.")
        return [{"repo": ".", **given}]
    tasks = load_tasks(file)
    if len(tasks) > 1 and "id" in given:
        raise InputError("id", given["id"], "cannot name several tasks", "Put ids into the file.")
    merged = [_merged({"repo": ".", **task}, given) for task in tasks]
    if len(merged) > 1:
        _check_all(merged)
    return merged


def _check_all(tasks: list[dict[str, Any]]) -> None:
    """Raises: InputError that says which of the tasks it is, before any is accepted."""
    from gatewright.domain.intake import make_task

    for number, task in enumerate(tasks, start=1):
        make_task(task, where=f"task {number}: ")


def _merged(task: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The file's task with what the command line says instead."""
    merged = {**task, **given}
    for part in ("gate", "budget"):
        if isinstance(task.get(part), dict) and part in given:
            merged[part] = {**task[part], **given[part]}
    return merged


async def _run_all(tasks: list[dict[str, Any]], as_json: bool, unsafe: bool) -> "list[TaskResult]":
    from gatewright.cli.watching import Watch
    from gatewright.taskfile import by_priority

    with Watch(as_json=as_json, unsafe_no_sandbox=unsafe) as watch:
        return await watch.run_all(by_priority(tasks))


async def _resume_one(
    task_id: str, answer: dict[str, Any] | None, as_json: bool, unsafe: bool
) -> "TaskResult":
    from gatewright.cli.watching import Watch

    with Watch(as_json=as_json, unsafe_no_sandbox=unsafe) as watch:
        return await watch.resume(task_id, answer)


def _end(results: "list[TaskResult]", *, as_json: bool) -> None:
    from gatewright.cli.summary import exit_code, print_summary, result_json

    for result in results:
        print_summary(result, to_stderr=as_json)
    if as_json:
        objects = [result_json(result) for result in results]
        print_json(objects[0] if len(objects) == 1 else {"tasks": objects})
    code = max((exit_code(result) for result in results), default=0)
    if code:
        raise typer.Exit(code)


def _is_given(value: object) -> bool:
    """An empty text is given, and refused where it makes no sense."""
    return value is not None and value not in ([], {})


def _some(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
