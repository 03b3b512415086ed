"""Errors at the command line: one line on stderr, an exit code by kind, JSON where asked."""

import json
import math
import reprlib
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from gatewright.domain.errors import EXIT_ENVIRONMENT, GatewrightError
from gatewright.domain.plain import plain

EXIT_STOPPED = 130
"""Stopped by a signal at a safe point, as shells have it for SIGINT."""


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
    except (OSError, sqlite3.Error) as error:  # a full disk is either, as it happens
        _say(error, as_json=as_json)
        raise typer.Exit(EXIT_ENVIRONMENT) from None
    except KeyboardInterrupt as error:
        _say(error, as_json=as_json, message="stopped; the same command goes on")
        raise typer.Exit(EXIT_STOPPED) from None


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def say_error(error: BaseException, *, message: str = "", where: str = "") -> dict[str, Any]:
    """One line on stderr; the same as an object, for JSON."""
    message = plain(message or str(error))
    typer.secho(f"error: {where}: {message}" if where else f"error: {message}", fg="red", err=True)
    # `__notes__` are LangGraph's: in which node it was.
    fields = {k: v for k, v in vars(error).items() if not k.startswith("_")}
    said = {name: _as_json(value) for name, value in fields.items()}
    return {"error": type(error).__name__, "message": message, **said}


def _say(error: BaseException, *, as_json: bool, message: str = "") -> None:
    """On stderr; where JSON was asked for, an object on stdout as well."""
    said = say_error(error, message=message)
    if as_json:
        print_json(said)


def _as_json(value: object) -> object:
    """As JSON has it: what it cannot hold is shown as Python would."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return reprlib.repr(value)
