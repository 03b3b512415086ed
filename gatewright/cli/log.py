"""`gatewright log`: what happened to a task, as it happens."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import TaskArgument

if TYPE_CHECKING:
    from gatewright.settings import Settings

Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Go on until nobody runs the task any more.")
]
LogJson = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout; with --follow one a line.")
]
_PAUSE_S = 0.2


def log(task_id: TaskArgument, follow: Follow = False, as_json: LogJson = False) -> None:
    """Print a task's run log: every state, model call, check, question and answer."""
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings

        settings = load_settings()
        asyncio.run(_check_known(settings, task_id))
        path = settings.home / "runs" / f"{task_id}.md"
        if not follow:
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            _print_all(task_id, path, text, as_json=as_json)
            return
        for line in lines(path, alive=lambda: _alive(settings, task_id)):
            _print_line(line, as_json=as_json)


async def _check_known(settings: "Settings", task_id: str) -> None:
    """Raises: InputError for an unknown task."""
    from gatewright.store import entry_of, open_ledger

    async with open_ledger(settings) as ledger:
        await entry_of(ledger, task_id)


def lines(
    path: Path, *, alive: Callable[[], bool], pause: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """The lines of a growing file, without their ends, until `alive` says that it grows no more.

    Half a line waits for its end; a file that is not there yet is an empty one.
    """
    offset, rest = 0, b""
    while True:
        # Asked first: what is written while this looks is read once more before the end.
        last = not alive()
        added = _read(path, offset)
        offset += len(added)
        *whole, rest = (rest + added).split(b"\n")
        yield from (line.decode("utf-8", errors="replace") for line in whole)
        if last and not added:
            break
        if not added:
            pause(_PAUSE_S)
    if rest:
        yield rest.decode("utf-8", errors="replace")


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


def _alive(settings: "Settings", task_id: str) -> bool:
    from gatewright.tasks.overview import is_running

    return asyncio.run(is_running(settings, task_id))


def _print_all(task_id: str, path: Path, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"task_id": task_id, "path": str(path), "log": text})
    elif not text:
        typer.echo("Nothing has run yet.")
    else:
        typer.echo(_shown(text), nl=False)


def _print_line(line: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"line": line})
    else:
        typer.echo(_shown(line))


def _shown(text: str) -> str:
    """A terminal would obey what is in it; a file or a pipe gets it as it is."""
    from gatewright.domain.plain import plain

    return plain(text) if sys.stdout.isatty() else text
