"""What the attempts of a step wrote: where it is kept, the end of it, and captures out of it."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

MOST_BYTES = 64 * 1024
"""Of a step's output that other steps read and captures are searched in: its end."""

_MOST_LINE = 200
"""Characters of a line that is told as a reason."""


class Captured(NamedTuple):
    """What the captures of a step found."""

    values: Mapping[str, str]
    missing: str | None
    """The first capture that did not match."""


def output_path(
    folder: Path, step: str, *, attempt: int, stream: Literal["stdout", "stderr"]
) -> Path:
    """The file of one attempt, in the run's folder."""
    return Path(output_stem(str(folder), step, attempt) + stream)


def output_stem(folder: str, step: str, attempt: int) -> str:
    """What comes before the stream's name in both; a Path takes longer to make than the rest."""
    return f"{folder}/{step}.{attempt}."


def end_of(path: Path) -> str:
    """The last 64 KiB of a file as text, trailing newlines cut; empty when there is none.

    Blocks. A step may have put anything in the place of its own output: nothing but a regular
    file is read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return ""
        start = max(0, found.st_size - MOST_BYTES)
        file.seek(start)
        data = file.read(MOST_BYTES) or b""
    if start:
        data = _from_whole_character(data)
    return data.decode("utf-8", errors="replace").rstrip("\r\n")


def last_line(path: Path) -> str:
    """The last line with something on it, shortened; blocks."""
    lines = end_of(path).rstrip().splitlines()
    line = lines[-1].strip() if lines else ""
    return line if len(line) <= _MOST_LINE else line[: _MOST_LINE - 1] + "…"


def capture(patterns: Mapping[str, str], text: str) -> Captured:
    """The first group of each pattern, or all that it matched where it has none."""
    found: dict[str, str] = {}
    for name, pattern in patterns.items():
        match = re.search(pattern, text, re.MULTILINE)
        if match is None:
            return Captured(found, name)
        found[name] = (match[1] if match.re.groups else match[0]) or ""
    return Captured(found, None)


def _from_whole_character(data: bytes) -> bytes:
    """Without what is left of a character that was cut in two."""
    for start in range(min(3, len(data))):
        if data[start] & 0xC0 != 0x80:
            return data[start:]
    return data[3:]
