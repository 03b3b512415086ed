"""`gatewright gc`: take away what finished tasks left behind, by the settings' `retention`."""

from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json
from gatewright.domain.plain import plain

if TYPE_CHECKING:
    from gatewright.upkeep.freed import Freed

_WORTH_SAYING = 2**20
"""Bytes; a log beside a database comes and goes."""

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and take nothing.")]


def gc(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Take away what finished tasks left behind.

    Old checkpoints, worktrees, private refs, logs, scratch. How long each is kept is set by
    `retention`; what a running task or an open question needs always stays.
    """
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings
        from gatewright.upkeep.housekeeping import gc as housekeeping

        freed = housekeeping(load_settings(), dry_run=dry_run)
        if as_json:
            print_json(freed.model_dump())
        else:
            _print(freed)


def _print(freed: "Freed") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from gatewright.upkeep.disk_use import said

    console = Console(highlight=False)
    if freed.parts:
        table = Table(
            "would go" if freed.dry_run else "gone", "how many", "size", box=None, pad_edge=False
        )
        for part in freed.parts:
            table.add_row(part.name, str(part.count), said(part.bytes) if part.bytes else "")
        console.print(table)
    else:
        console.print("Nothing to take away.")
    for one in freed.databases:
        if one.before_bytes - one.after_bytes >= _WORTH_SAYING:
            sizes = f"{said(one.before_bytes)}, now {said(one.after_bytes)}"
            console.print(f"{one.name} had {sizes}.")
    for kept in freed.kept:
        console.print(escape(plain(f"kept of {kept.task_id}: {kept.why}")))
    for problem in freed.problems:
        console.print(f"[yellow]not done:[/] {escape(plain(problem))}")
