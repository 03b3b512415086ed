"""`gatewright clean`: remove what tasks that are over have left behind."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, States, parse_states

if TYPE_CHECKING:
    from gatewright.settings import Settings
    from gatewright.upkeep.cleaning import Remains

Older = Annotated[
    float | None, typer.Option(min=0, metavar="DAYS", help="Those that ended longer ago.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Remove what can be removed without a loss.")]
Force = Annotated[bool, typer.Option("--force", help="Remove all of it, unmerged work as well.")]


def clean(
    state: States = None,
    older: Older = None,
    yes: Yes = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show the worktrees and private refs of tasks that are over, and remove them.

    Without --yes or --force a terminal asks first, and a pipe removes nothing. What is not in a
    branch of yours is removed by --force alone. Delivered branches, logs and history stay.
    """
    with guarded(as_json=as_json):
        wanted = parse_states(state)

        from gatewright.settings import load_settings
        from gatewright.upkeep.cleaning import remains
        from gatewright.upkeep.retiring import OVER

        settings = load_settings()
        days = None if older is None else timedelta(days=older)
        found = asyncio.run(remains(settings, states=wanted or OVER, older=days))
        if not as_json:
            _print(found)
        chosen = [one for one in found if force or not one.unmerged]
        sure = yes or force or (not as_json and bool(chosen) and _agreed(len(chosen)))
        removed = _remove(settings, chosen, force=force) if sure else []
        if as_json:
            print_json(
                {
                    "tasks": [one.model_dump(mode="json") for one in found],
                    "removed": [one.task_id for one in removed],
                }
            )
        else:
            _say(found, removed, sure=sure)


def _agreed(count: int) -> bool:
    from gatewright.cli.review_terminal import interactive

    return interactive() and typer.confirm(f"Remove what {count} of them left?")


def _remove(settings: "Settings", chosen: "Sequence[Remains]", *, force: bool) -> "list[Remains]":
    """Each by itself: one that was taken up again meanwhile stays, and says so."""
    from gatewright.domain.errors import InputError, ThreadBusy
    from gatewright.domain.plain import plain
    from gatewright.upkeep.cleaning import clean as remove

    removed = []
    for one in chosen:
        try:
            removed.append(asyncio.run(remove(settings, one.task_id, force=force)))
        except (InputError, ThreadBusy) as error:
            typer.echo(f"kept {one.task_id}: {plain(str(error))}", err=True)
    return removed


def _print(found: "Sequence[Remains]") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from gatewright.domain.plain import plain

    if not found:
        return
    table = Table("task", "state", "ended", "worktree", "refs", "unmerged", "goal", box=None)
    for one in found:
        table.add_row(
            one.task_id,
            one.state,
            one.ended_at[:16],
            "yes" if one.worktree else "-",
            str(one.refs),
            f"[yellow]{escape(plain(one.unmerged))}[/]",
            escape(plain(one.goal.splitlines()[0])),
        )
    console = Console(highlight=False)
    console.width = max(console.width, 120)
    console.print(table)


def _say(found: "Sequence[Remains]", removed: "Sequence[Remains]", *, sure: bool) -> None:
    if not found:
        typer.echo("Nothing is left of tasks that are over.")
        return
    kept = sum(bool(one.unmerged) for one in found) - sum(bool(one.unmerged) for one in removed)
    said = f"Removed what {len(removed)} of {len(found)} tasks left."
    typer.echo(said if sure else "Nothing is removed; --yes removes what loses nothing.")
    if kept:
        typer.echo(f"{kept} with unmerged work stay; --force removes them as well.")
