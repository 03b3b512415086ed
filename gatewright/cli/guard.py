"""Errors at the command line: one line on stderr, an exit code by kind, JSON where asked."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from gatewright.domain.errors import EXIT_ENVIRONMENT, GatewrightError


@contextmanager
def guarded(*, as_json: bool = False) -> Iterator[None]:
    """Turn what we know how to name into a message and an exit code; the rest is a bug and shows
    its traceback."""
    try:
        yield
    except GatewrightError as error:
        _say(error, as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None
    except OSError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        raise typer.Exit(EXIT_ENVIRONMENT) from None


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def _say(error: GatewrightError, *, as_json: bool) -> None:
    typer.secho(f"error: {error}", fg="red", err=True)
    if as_json:
        fields = {k: v for k, v in vars(error).items() if isinstance(v, str | int | float)}
        print_json({"error": type(error).__name__, "message": str(error), **fields})
