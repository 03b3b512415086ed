"""The JSONL files of plan runs: what the table has, line by line, written after it. Blocks."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

NAME = "events.jsonl"
Missing = Callable[[int], Sequence[str]]
"""The lines after so many, from the table."""


class EventFile:
    """One run's `events.jsonl`, open for more; its lines are those of the table, in their order.

    What it lacks (the process was killed in between, the disk was full) is added before anything
    else is.
    """

    def __init__(self, folder: Path, missing: Missing) -> None:
        """Raises: OSError where the folder cannot be made."""
        self._path = folder / NAME
        self._missing = missing
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self._path, flags, 0o600)
        self._count: int | None = None
        """Lines that it has; None: nobody knows."""

    def add(self, first: int, lines: Sequence[str]) -> None:
        """Lines that the table has by now, the first one's number, and those after it.

        Raises: OSError; they are then added the next time.
        """
        if self._count is None or self._count + 1 < first:
            self.complete()
        elif new := lines[self._count + 1 - first :]:
            self._write(new)

    def complete(self) -> None:
        """Bring it to what the table has. Raises: OSError."""
        self._count = self._lines()
        self._write(self._missing(self._count))

    def close(self) -> None:
        """Nothing can be added afterwards."""
        os.close(self._descriptor)

    def _write(self, lines: Sequence[str]) -> None:
        count, self._count = self._count, None
        data = "".join(f"{line}\n" for line in lines).encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
        self._count = (count or 0) + len(lines)

    def _lines(self) -> int:
        """How many whole lines it has; half a line, which a kill may leave, is cut off."""
        content = self._path.read_bytes()
        end = content.rfind(b"\n") + 1
        if end != len(content):
            os.ftruncate(self._descriptor, end)
        return content.count(b"\n")
