"""`gatewright task`: one task with all that it asks, and the answer to it."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import LastJson, TaskArgument, UnsafeNoSandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatewright.domain.entry import Happening
    from gatewright.domain.result import TaskResult
    from gatewright.settings import Settings
    from gatewright.tasks.reviewing import Waiting


def task(
    task_id: TaskArgument,
    approve: Annotated[bool, typer.Option("--approve", help="Go on in spite of it.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="End the task as failed.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is rejected.")] = "",
    edit: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Go on with this plan (YAML, JSON) or unified diff; -: stdin."
        ),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again.")] = False,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Said to the next attempt.")] = "",
    budget: Annotated[
        str | None,
        typer.Option(metavar="LIMITS", help="usd=..,tokens=..,seconds=..; none is no limit."),
    ] = None,
    question: Annotated[
        str | None, typer.Option(metavar="ID", help="Answer this question only, no later one.")
    ] = None,
    later: Annotated[
        bool, typer.Option("--later", help="Keep the answer; `gatewright resume` applies it.")
    ] = False,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Show a task with everything that a person needs to answer it, or answer it.

    An answer is checked and kept, then the task goes on with it.
    """
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings
        from gatewright.tasks.reviewing import waiting_task

        settings = load_settings()
        one = asyncio.run(waiting_task(settings, task_id))
        flags = {"approve": approve, "reject": reject, "retry": retry, "edit": edit}
        flags |= {"reason": reason, "note": note, "budget": budget}
        if not _given(flags):
            _show(settings, task_id, one, as_json=as_json)
            return
        _answer(settings, task_id, one, flags, question)
        if later:
            _say_kept(task_id, as_json=as_json)
            return
        code = resume_each([task_id], as_json=as_json, unsafe=unsafe_no_sandbox)
    if code:
        raise typer.Exit(code)


def resume_each(tasks: "Sequence[str]", *, as_json: bool, unsafe: bool) -> int:
    """Go on with tasks, one after the other, and print what they come to; the exit code."""
    from gatewright.cli.summary import exit_code, print_summary, result_json

    results = asyncio.run(_resume(tasks, as_json=as_json, unsafe=unsafe))
    for result in results:
        print_summary(result, to_stderr=as_json)
        if as_json:
            print_json(result_json(result))
    return max(map(exit_code, results), default=0)


async def _resume(tasks: "Sequence[str]", *, as_json: bool, unsafe: bool) -> "list[TaskResult]":
    from gatewright.cli.watching import Watch

    results = []
    with Watch(as_json=as_json, unsafe_no_sandbox=unsafe) as watch:
        for task_id in tasks:
            results.append(await watch.resume(task_id, None))
            if watch.stopped:
                break
    return results


def _given(flags: dict[str, Any]) -> bool:
    return any(value not in (False, None, "") for value in flags.values())


def _answer(
    settings: "Settings",
    task_id: str,
    one: "Waiting | None",
    flags: dict[str, Any],
    question: str | None,
) -> None:
    """Raises: InputError where nothing is asked, or the flags are no answer to it."""
    from gatewright.cli.task_answer import chosen, make
    from gatewright.domain.errors import InputError
    from gatewright.tasks.reviewing import record

    if one is None:
        fix = f"See where it stands: `gatewright show {task_id}`."
        raise InputError("task", task_id, "asks nothing", fix)
    if question is not None and question != one.question_id:
        fix = f"See what it asks now: `gatewright task {task_id}`."
        raise InputError("--question", question, "is not what the task asks now", fix)
    given = chosen(one.question, **flags)
    if given is not None:
        asyncio.run(record(settings, one, make(given)))


def _say_kept(task_id: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"task_id": task_id, "answered": True})
    else:
        typer.echo(f"Kept. Go on with: gatewright resume {task_id}")


def _show(settings: "Settings", task_id: str, one: "Waiting | None", *, as_json: bool) -> None:
    from gatewright.cli.summary import result_json
    from gatewright.cli.task_text import print_task
    from gatewright.home import Home

    with Home(settings) as home:
        result = home.state(task_id)
    happened = asyncio.run(_history(settings, task_id))
    if not as_json:
        print_task(result, one, happened)
        return
    from dataclasses import asdict

    history = [
        {**asdict(event), "answer": event.answer and event.answer.model_dump(mode="json")}
        for event in happened
    ]
    asked = None if one is None else one.model_dump(mode="json")
    print_json({**result_json(result), "waiting": asked, "history": history})


async def _history(settings: "Settings", task_id: str) -> "tuple[Happening, ...]":
    from gatewright.store import open_ledger

    async with open_ledger(settings) as ledger:
        return await ledger.history(task_id)
