"""`gatewright sql`: any question to the sidecar's tables, read only."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded

if TYPE_CHECKING:
    from gatewright.telemetry.query import Answer


class Format(StrEnum):
    """How an answer is written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


Query = Annotated[str, typer.Argument(help="One SELECT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.")]
As = Annotated[Format, typer.Option("--format", help="Of the answer; parquet needs --output.")]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Output = Annotated[Path | None, typer.Option("--output", help="A file, replaced if it is there.")]
Limit = Annotated[int, typer.Option("--limit", help="The most rows.")]
Timeout = Annotated[float, typer.Option("--timeout", help="The most seconds.")]


def sql(
    query: Query,
    format_: As = Format.table,
    as_json: Json = False,
    output: Output = None,
    limit: Limit = 1000,
    timeout: Timeout = 30.0,
) -> None:
    """Ask the sidecar in SQL; `SHOW TABLES` lists what there is, docs/telemetry.md explains it."""
    format_ = Format.json if as_json else format_
    with guarded(as_json=format_ is Format.json):
        from gatewright.settings import load_settings
        from gatewright.telemetry.query import run_sql

        _check(format_, output)
        answer = run_sql(
            load_settings().home / "telemetry",
            query,
            limit=limit,
            timeout_s=timeout,
            parquet=output if format_ is Format.parquet else None,
        )
        _write(answer, format_, output)
        if answer.truncated:
            typer.echo(f"cut after {limit} rows; --limit allows more", err=True)
        for file in answer.unreadable:
            typer.echo(f"not readable: {_plain(file)}", err=True)


def _check(format_: Format, output: Path | None) -> None:
    from gatewright.domain.errors import InputError

    if format_ is Format.parquet and output is None:
        raise InputError("--output", output, "is needed for Parquet", "Name a file.")
    if output is not None and not output.absolute().parent.is_dir():
        raise InputError("--output", str(output), "its folder is not there", "Make it first.")


def _write(answer: "Answer", format_: Format, output: Path | None) -> None:
    from gatewright.cli import sql_answer

    if format_ is not Format.parquet:
        text = getattr(sql_answer, f"as_{format_}")(answer)
        if output is None:
            sql_answer.show(text, json=format_ is Format.json)
            return
        output.write_text(text, encoding="utf-8")
    typer.echo(f"{answer.row_count} rows in {_plain(str(output))}", err=True)


def _plain(text: str) -> str:
    from gatewright.domain.plain import plain

    return plain(text)
