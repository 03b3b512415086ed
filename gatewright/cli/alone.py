"""`gatewright gate` and `gatewright repair`: the two engines without a task or a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import LastJson, UnsafeNoSandbox
from gatewright.domain.errors import EXIT_FAILED

if TYPE_CHECKING:
    from gatewright.domain.gate import GateReport

Strings = list[str] | None
Repo = Annotated[Path, typer.Option(help="The top of a git checkout.")]


def gate(
    commit: Annotated[str, typer.Argument(help="The commit to be checked.")] = "HEAD",
    repo: Repo = Path(),
    base: Annotated[
        str | None,
        typer.Option(help="What it is compared with.  [default: the commit before it]"),
    ] = None,
    risk: Annotated[str, typer.Option(help="low, medium or high: how strict.")] = "medium",
    test: Annotated[
        Strings,
        typer.Option(metavar="TEST", help="A test that must pass: path or node id. Repeatable."),
    ] = None,
    command: Annotated[
        Strings,
        typer.Option(metavar="COMMAND", help="A command that must exit with 0. Repeatable."),
    ] = None,
    allow: Annotated[
        Strings,
        typer.Option(metavar="WHAT", help="tests, configuration, suppressions, ... Repeatable."),
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Run every check, also when one has decided.")
    ] = False,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings as SARIF 2.1.0.")
    ] = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Run the quality gate on a commit. Exit code 0: passed, 1: not passed."""
    with guarded(as_json=as_json):
        from gatewright.cli.gate_table import Live, print_gate
        from gatewright.settings import load_settings
        from gatewright.standalone import check

        given: dict[str, Any] = {
            "commands": command or (),
            "allow": allow or (),
            "keep_going": keep_going,
        }
        if test is not None:
            given["pytest"] = test
        settings = load_settings(**_flags(unsafe_no_sandbox))
        with Live() as live:
            report = check(
                repo, commit, base=base, risk=risk, on_check=live.heard, settings=settings, **given
            )
        if sarif is not None:
            _write_sarif(sarif, report)
        if as_json:
            print_json(report.model_dump(mode="json"))
        else:
            print_gate(report)
    if not report.passed:
        raise typer.Exit(EXIT_FAILED)


def repair(
    repo: Repo = Path(),
    test: Annotated[
        Strings,
        typer.Option(
            metavar="NODEID", help="A failing test: path or node id. Repeatable.  [default: all]"
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long to search.")] = 60,
    apply: Annotated[bool, typer.Option("--apply", help="Write the change to the files.")] = False,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    as_json: LastJson = False,
) -> None:
    """Search a change that makes failing tests pass; print it, and change nothing.

    Works on the files as they are, committed or not. Exit code 0: found, 1: not found.
    """
    with guarded(as_json=as_json):
        from gatewright.cli.gate_table import Live
        from gatewright.cli.repair_text import mended_json, print_mended
        from gatewright.settings import load_settings
        from gatewright.standalone import mend

        settings = load_settings(**_flags(unsafe_no_sandbox))
        with Live() as live:
            found = mend(
                repo,
                tests=test or (),
                seconds=seconds,
                apply=apply,
                on_progress=live.progress,
                settings=settings,
            )
        if as_json:
            print_json(mended_json(found))
        else:
            print_mended(found)
    if found.repair.changes is None:
        raise typer.Exit(EXIT_FAILED)


def _flags(unsafe: bool) -> dict[str, Any]:
    return {"unsafe_no_sandbox": True} if unsafe else {}


def _write_sarif(file: Path, report: "GateReport") -> None:
    import json
    from importlib.metadata import version

    from gatewright.workspace.gate.sarif import as_sarif

    text = json.dumps(as_sarif(report, version=version("gatewright")), indent=2)
    file.write_text(text + "\n", encoding="utf-8")
