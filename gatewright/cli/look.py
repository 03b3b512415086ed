"""`gatewright show`, `list` and `diff`: what there is to see."""

import asyncio
import sys
from typing import TYPE_CHECKING

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, States, TaskArgument, parse_states
from gatewright.domain.plain import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gatewright.domain.entry import Entry
    from gatewright.domain.task import TaskState


def show(task_id: TaskArgument, as_json: Json = False) -> None:
    """Where a task stands."""
    with guarded(as_json=as_json):
        from gatewright.cli.summary import print_summary, result_json
        from gatewright.home import Home

        with Home() as home:
            result = home.state(task_id)
        if as_json:
            print_json(result_json(result))
        else:
            print_summary(result)


def list_(state: States = None, as_json: Json = False) -> None:
    """Every task, newest first."""
    with guarded(as_json=as_json):
        wanted = parse_states(state)

        entries = asyncio.run(_entries(wanted))
        if as_json:
            print_json({"tasks": [_entry_json(entry) for entry in entries]})
        else:
            _print_entries(entries, asked=state)


def diff(task_id: TaskArgument, as_json: Json = False) -> None:
    """What a task has changed so far, as a unified diff."""
    with guarded(as_json=as_json):
        from gatewright.home import Home

        with Home() as home:
            text = home.diff(task_id)
        if as_json:
            print_json({"task_id": task_id, "diff": text})
        else:
            # A terminal would obey what is in it; a file or a pipe gets it byte for byte.
            typer.echo(plain(text) if sys.stdout.isatty() else text, nl=False)


async def _entries(states: "Collection[TaskState] | None") -> "Sequence[Entry]":
    from gatewright.settings import load_settings
    from gatewright.store import open_ledger

    async with open_ledger(load_settings()) as ledger:
        return await ledger.entries(states)


def _entry_json(entry: "Entry") -> dict[str, object]:
    return {
        "task_id": entry.task.id,
        "state": entry.state,
        "goal": entry.task.goal,
        "repo": str(entry.task.repo),
        "risk": entry.task.risk,
        "priority": entry.task.priority,
        "accepted_at": entry.accepted_at,
        "accepted_by": entry.accepted_by,
        "seen_at": entry.seen_at,
        "awaiting_since": entry.awaiting_since,
        "runs": entry.runs,
        "detail": entry.detail,
    }


def _print_entries(entries: "Sequence[Entry]", *, asked: str | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if not entries:
        none = f"No task is {asked}." if asked else "No task yet; see `gatewright run --help`."
        typer.echo(none)
        return
    table = Table("task", "state", "accepted", "by", "runs", "goal", box=None)
    for entry in entries:
        goal = escape(plain(entry.task.goal.splitlines()[0]))
        by, when = escape(plain(entry.accepted_by)), entry.accepted_at[:16]
        table.add_row(entry.task.id, entry.state, when, by, str(entry.runs), goal)
    Console().print(table)
