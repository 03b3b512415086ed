"""Clear away what a command left behind: processes, by a token in their environment, and files."""

import contextlib
import os
import shutil
import signal
import stat
from pathlib import Path

TOKEN = "GATEWRIGHT_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
"""The variable that carries the token."""

_ROUNDS = 20
"""A process may fork between being read and being killed; each round sees fewer."""


def sweep(token: str) -> int:
    """Kill every process that carries the token; returns how many were found. Blocks."""
    mark = f"{TOKEN}={token}".encode()
    total = 0
    for _ in range(_ROUNDS):
        found = _carriers(mark)
        if not found:
            break
        total += len(found)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    return total


def remove(folder: Path) -> None:
    """Remove a folder that untrusted code could write in, whatever it did to it. Blocks."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    # A directory without permissions cannot be listed by its owner; open them from the top down.
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def _carriers(mark: bytes) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        # A zombie's environment reads as empty: it is not alive, and somebody else's to collect.
        if mark in environment.split(b"\0"):
            found.append(int(entry.name))
    return found
