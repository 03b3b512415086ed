"""Whether something has reached beyond the memory of its own process."""

import os
import sys
from pathlib import Path
from typing import Any

TOUCHES = (
    "os.chmod", "os.chown", "os.exec", "os.fork", "os.forkpty", "os.kill", "os.link", "os.mkdir",
    "os.posix_spawn", "os.remove", "os.rename", "os.rmdir", "os.spawn", "os.symlink", "os.system",
    "os.truncate", "os.utime", "shutil.", "socket.", "sqlite3.connect", "subprocess.Popen",
    "tempfile.",
)  # fmt: skip
"""Beginnings of the names of audit events."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Outside:
    """Looks on from `start` to `touched`."""

    def __init__(self) -> None:
        self._on = False
        self._seen = False
        self._files: frozenset[str] = frozenset()

    def start(self) -> None:
        """From now on; once in a process."""
        self._files = _descriptors()
        self._on = True
        sys.addaudithook(self._audit)

    def touched(self) -> bool:
        """Whether files were written, processes or connections begun, or something left open."""
        self._on = False
        return self._seen or not self._files or _descriptors() != self._files

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            flags = arguments[2]
            # Some open without saying how: what is left open is found out otherwise.
            self._seen = self._seen or (isinstance(flags, int) and bool(flags & WRITES))
            return
        self._seen = self._seen or event.startswith(TOUCHES)


def _descriptors() -> frozenset[str]:
    """Empty where they cannot be seen."""
    try:
        return frozenset(path.name for path in Path("/proc/self/fd").iterdir())
    except OSError:
        return frozenset()
