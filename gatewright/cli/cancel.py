"""`gatewright cancel`: end a task, whoever runs it."""

from typing import Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, TaskArgument

Reason = Annotated[str, typer.Option(metavar="TEXT", help="Kept in the history.")]


def cancel(task_id: TaskArgument, reason: Reason = "", as_json: Json = False) -> None:
    """End a task at once: its processes are killed, its worktree goes, its commits stay.

    `gatewright resume` goes on with it after all.
    """
    with guarded(as_json=as_json):
        from gatewright.app import Gatewright
        from gatewright.cli.summary import print_summary, result_json

        with Gatewright() as gatewright:
            result = gatewright.cancel(task_id, reason)
        if as_json:
            print_json(result_json(result))
        else:
            print_summary(result)
    if result.state != "cancelled":
        from gatewright.domain.errors import EXIT_FAILED

        raise typer.Exit(EXIT_FAILED)
