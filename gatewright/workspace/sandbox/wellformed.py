"""Refuse commands that no system call could carry, before a sandbox chokes on them."""

import os

from gatewright.domain.command import Command
from gatewright.domain.errors import InputError


def require_wellformed(command: Command) -> None:
    """Let a command pass that can be started at all.

    Raises: InputError for an empty argv, or a text that cannot be an argument or a variable.
    """
    if not command.argv or not command.argv[0]:
        raise InputError("argv", command.argv, "names no program", "Put the program first.")
    for argument in command.argv:
        _require_text("argv", argument)
    for name, value in command.env.items():
        _require_text("env", name)
        _require_text("env", value)
        if not name or "=" in name:
            raise InputError("env", name, "is no name of a variable", "Leave it out.")


def _require_text(field: str, text: str) -> None:
    if "\0" in text:
        raise InputError(field, text, "holds a NUL character", "Remove it.")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise InputError(field, text, "cannot be encoded for the system", "Remove it.") from error
