"""A person at a terminal: one key, one line, one text in an editor."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import typer

from gatewright.domain.errors import EnvironmentFault


class Terminal(Protocol):
    """Where answers come from."""

    def key(self) -> str:
        """One key, at once. Raises: EOFError, KeyboardInterrupt."""

    def line(self, prompt: str) -> str:
        """One line. Raises: EOFError, KeyboardInterrupt."""

    def edit(self, text: str, *, suffix: str) -> str | None:
        """The text as the person leaves it; None when it was left as it was.

        Raises: EnvironmentFault when no editor can be started, or it fails.
        """


class Tty:
    """The terminal of this process."""

    def key(self) -> str:
        """See `Terminal.key`."""
        return typer.getchar()

    def line(self, prompt: str) -> str:
        """See `Terminal.line`."""
        return input(prompt)

    def edit(self, text: str, *, suffix: str) -> str | None:
        """In `$VISUAL`, `$EDITOR` or vi. See `Terminal.edit`."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with TemporaryDirectory(prefix="gatewright-") as folder:
            file = Path(folder) / f"answer{suffix}"
            file.write_text(text, encoding="utf-8")
            _run(editor, file)
            left = file.read_text(encoding="utf-8")
        return None if left == text else left


def interactive() -> bool:
    """Whether a person can be asked here."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _run(editor: str, file: Path) -> None:
    try:
        code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
    except (OSError, ValueError) as error:
        problem = f"The editor {editor!r} cannot be started: {error}"
        raise EnvironmentFault(problem, "Set EDITOR, or use --edit FILE.") from None
    if code != 0:
        problem = f"The editor {editor!r} ended with {code}; nothing is answered"
        raise EnvironmentFault(problem, "Set EDITOR, or use --edit FILE.")
