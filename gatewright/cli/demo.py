"""`gatewright demo`: the main job on a bundled repository with a real bug."""

from collections.abc import Container
from itertools import chain, count
from pathlib import Path
from typing import Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import LastJson, UnsafeNoSandbox


def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Where to put the sample.  [default: a new temporary folder]"),
    ] = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Fix a bundled sample's bug: no key, no server."""
    import asyncio
    import shutil

    from gatewright.cli.summary import exit_code, print_summary, result_json
    from gatewright.cli.watching import Watch
    from gatewright.domain.errors import EnvironmentFault
    from gatewright.routing_settings import BUILTIN
    from gatewright.sample_repo import make_sample

    with guarded(as_json=as_json):
        if shutil.which("git") is None:
            raise EnvironmentFault("git is not installed", "Install it: apt-get install git")
        task = make_sample(folder)
        with Watch(
            as_json=as_json,
            unsafe_no_sandbox=unsafe_no_sandbox,
            routing=BUILTIN,
        ) as watch:
            watch.console.print(f"A repository with a failing test: {task['repo']}")
            taken = {entry.task.id for entry in watch.gatewright.tasks()}
            [result] = asyncio.run(watch.run_all([{**task, "id": _free(task["id"], taken)}]))
            diff = watch.gatewright.diff(result.task_id)
            watch.console.print(diff, markup=False, style="dim", soft_wrap=True, end="")
        print_summary(result, to_stderr=as_json)
        if as_json:
            print_json(result_json(result))
    if exit_code(result):
        raise typer.Exit(exit_code(result))


def _free(name: str, taken: Container[str]) -> str:
    """The name, with a number where an earlier demo has it."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(n for n in chain([name], numbered) if n not in taken)
