"""`gatewright run` and `gatewright resume`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.guard import guarded, print_json, say_error
from gatewright.cli.options import LastJson, UnsafeNoSandbox

if TYPE_CHECKING:
    from gatewright.tasks.jobs import Ended

Strings = list[str] | None
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="So many tasks at a time.")]


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
    jobs: Jobs = 1,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Run a task: plan, review, implement, review, gate, branch.

    The same command again goes on where the task stopped, whatever stopped it. Of several tasks the
    most urgent come first.
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
        ended = asyncio.run(_run_each(tasks, jobs, as_json, unsafe_no_sandbox))
        _end(ended, as_json=as_json, several=len(tasks) > 1)


def resume(
    task_id: Annotated[str | None, typer.Argument(help="The task.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every task that can go on without a person.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Answer its question: go on in spite of it.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Answer its question: try again.")] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="Answer its question: end it as failed.")
    ] = False,
    note: Annotated[str, typer.Option(help="Said to the next attempt.")] = "",
    question: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only if it still asks this: `interrupt_id` of `show`."),
    ] = None,
    max_cost_usd: Annotated[float | None, typer.Option(help="Raise the budget: dollars.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Raise the budget: seconds.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Raise the budget: tokens.")] = None,
    jobs: Jobs = 1,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Go on with a task, or answer its question; with --all, go on with all that was stopped."""
    import asyncio

    with guarded(as_json=as_json):
        actions = {"approve": approve, "retry": retry, "reject": reject}
        budget = _some(max_cost_usd=max_cost_usd, max_seconds=max_seconds, max_tokens=max_tokens)
        answer = _answer(
            [name for name, on in actions.items() if on],
            _some(note=note or None, budget=budget or None, interrupt_id=question),
        )
        _check_which(task_id, everything, answer)
        if task_id is None:
            ended = asyncio.run(_resume_all(jobs, as_json, unsafe_no_sandbox))
        else:
            ended = (asyncio.run(_resume_one(task_id, answer, as_json, unsafe_no_sandbox)),)
        _end(ended, as_json=as_json, several=everything)


def _answer(chosen: list[str], more: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments of `Gatewright.resume`, where the command line answers anything."""
    from gatewright.domain.errors import InputError

    if len(chosen) > 1:
        raise InputError("answer", chosen, "are several", "Give one of them.")
    if not chosen:
        for field, value in more.items():
            raise InputError(field, value, "is given without an answer", "Add --retry.")
        return None
    return {"action": chosen[0], **more}


def _check_which(task_id: str | None, everything: bool, answer: dict[str, Any] | None) -> None:
    from gatewright.domain.errors import InputError

    if task_id is None and not everything:
        raise InputError("task", None, "is missing", "Name one, or give --all.")
    if task_id is not None and everything:
        raise InputError("task", task_id, "is given with --all", "Give one of them.")
    if everything and answer is not None:
        raise InputError("answer", answer, "is given with --all", "Name the task that it is for.")


def _tasks(file: Path | None, given: dict[str, Any]) -> list[dict[str, Any]]:
    from gatewright.domain.errors import InputError
    from gatewright.tasks.taskfile import load_tasks

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


async def _run_each(
    tasks: list[dict[str, Any]], jobs: int, as_json: bool, unsafe: bool
) -> "tuple[Ended, ...]":
    from gatewright.cli.watching import Watch

    with Watch(as_json=as_json, unsafe_no_sandbox=unsafe) as watch:
        return await watch.run_each(tasks, jobs=jobs)


async def _resume_all(jobs: int, as_json: bool, unsafe: bool) -> "tuple[Ended, ...]":
    from gatewright.cli.watching import Watch

    with Watch(as_json=as_json, unsafe_no_sandbox=unsafe) as watch:
        return await watch.resume_all(jobs=jobs)


async def _resume_one(
    task_id: str, answer: dict[str, Any] | None, as_json: bool, unsafe: bool
) -> "Ended":
    from gatewright.cli.watching import Watch
    from gatewright.tasks.jobs import Ended

    with Watch(as_json=as_json, unsafe_no_sandbox=unsafe) as watch:
        return Ended(task_id=task_id, result=await watch.resume(task_id, answer))


def _end(every: "tuple[Ended, ...]", *, as_json: bool, several: bool) -> None:
    """What was asked for alone ends the command by its own error; of several, each is told."""
    from gatewright.cli.summary import exit_code, print_summary, result_json

    objects, code = [], 0
    for ended in every:
        if ended.result is not None:
            print_summary(ended.result, to_stderr=as_json)
            objects.append(result_json(ended.result))
            code = max(code, exit_code(ended.result))
        elif ended.error is not None and not several:
            raise ended.error
        elif ended.error is not None:
            said = say_error(ended.error, where=ended.task_id)
            objects.append({"task_id": ended.task_id, **said})
            code = max(code, ended.error.exit_code)
    if as_json:
        print_json({"tasks": objects} if several or len(objects) != 1 else objects[0])
    elif several and not objects:
        typer.echo("No task can go on by itself; see `gatewright list`.")
    if code:
        raise typer.Exit(code)


def _is_given(value: object) -> bool:
    """An empty text is given, and refused where it makes no sense."""
    return value is not None and value not in ([], {})


def _some(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
