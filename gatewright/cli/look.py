"""`gatewright show`, `list` and `diff`: what there is to see."""

import sys

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, TaskArgument
from gatewright.domain.plain import plain


def show(task_id: TaskArgument, as_json: Json = False) -> None:
    """Where a task stands."""
    with guarded(as_json=as_json):
        from gatewright.app import Gatewright
        from gatewright.cli.summary import print_summary, result_json

        with Gatewright() as gatewright:
            result = gatewright.state(task_id)
        if as_json:
            print_json(result_json(result))
        else:
            print_summary(result)


def list_(as_json: Json = False) -> None:
    """Every task, newest first."""
    with guarded(as_json=as_json):
        from gatewright.app import Gatewright

        with Gatewright() as gatewright:
            entries = gatewright.tasks()
        if as_json:
            print_json(
                {
                    "tasks": [
                        {
                            "task_id": entry.task.id,
                            "state": entry.state,
                            "goal": entry.task.goal,
                            "repo": str(entry.task.repo),
                            "accepted_at": entry.accepted_at,
                            "seen_at": entry.seen_at,
                            "detail": entry.detail,
                        }
                        for entry in entries
                    ]
                }
            )
            return
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table("task", "state", "accepted", "goal", box=None)
        for entry in entries:
            goal = escape(plain(entry.task.goal.splitlines()[0]))
            table.add_row(entry.task.id, entry.state, entry.accepted_at[:16], goal)
        Console().print(table if entries else "No task yet; see `gatewright run --help`.")


def diff(task_id: TaskArgument, as_json: Json = False) -> None:
    """What a task has changed so far, as a unified diff."""
    with guarded(as_json=as_json):
        from gatewright.app import Gatewright

        with Gatewright() as gatewright:
            text = gatewright.diff(task_id)
        if as_json:
            print_json({"task_id": task_id, "diff": text})
        else:
            # A terminal would obey what is in it; a file or a pipe gets it byte for byte.
            typer.echo(plain(text) if sys.stdout.isatty() else text, nl=False)
