"""`gatewright doctor`: whether this machine can run tasks, and what to mend."""

from typing import TYPE_CHECKING

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatewright.doctor import Check

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "missing": "[red]missing[/]"}


def doctor(as_json: Json = False) -> None:
    """Check that this machine can run tasks.

    Python, git, the sandbox and its canaries, the home folder, the keys of the models.
    """
    from gatewright.doctor import examine

    with guarded(as_json=as_json):
        checks = examine()
    ready = all(check.standing != "missing" for check in checks)
    if as_json:
        print_json({"ready": ready, "checks": [check.model_dump() for check in checks]})
    else:
        _print(checks, ready=ready)
    if not ready:
        from gatewright.domain.errors import EXIT_ENVIRONMENT

        raise typer.Exit(EXIT_ENVIRONMENT)


def _print(checks: "Sequence[Check]", *, ready: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for check in checks:
        fix = f"\n[bold]{escape(check.fix)}[/]" if check.fix else ""
        table.add_row(_MARKS[check.standing], check.name, escape(check.detail) + fix)
    console = Console(highlight=False)
    console.print(table)
    console.print("\nReady." if ready else "\nNot ready: mend what is missing.")
