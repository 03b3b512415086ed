"""What the forms of an edit have in common: lines, paths, deletions and renames."""

import re
from typing import NamedTuple

from gatewright.domain.edit import DeleteFile, RenameFile

MOVES = """To delete a file, write on a line of its own, outside fences and blocks:
DELETE path/of/file.py
To rename a file, likewise:
RENAME old/path.py TO new/path.py
A path with spaces in it goes between backticks."""
"""For the instructions of the forms that have no notation of their own for these."""

_FENCE = re.compile(r"(`{3,}|~{3,})([^`]*)")
_MOVE = re.compile(r"(DELETE|RENAME)\s+\S")
_NAME = r"(`[^`]+`|[^\s`]+)"
_DELETE = re.compile(rf"DELETE\s+{_NAME}")
_RENAME = re.compile(rf"RENAME\s+{_NAME}\s+TO\s+{_NAME}")
_LABEL = re.compile(r"(?:file(?:name)?|path)\s*:\s*", re.IGNORECASE)


class Malformed(Exception):
    """The answer is not in its form; the text says what to correct."""


class Fence(NamedTuple):
    """The line that opens or closes fenced text."""

    mark: str
    info: str


def lines_of(text: str) -> list[str]:
    """Lines of an answer, without their ends; nothing after the last newline is no line."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def joined(lines: list[str]) -> str:
    """Lines as text; every one of them is ended."""
    return "".join(line + "\n" for line in lines)


def fence(line: str) -> Fence | None:
    """The fence on this line, if it is one; it starts in the first column."""
    found = _FENCE.fullmatch(line.rstrip())
    return Fence(found[1], found[2].strip()) if found else None


def path_on(line: str) -> str | None:
    """The path that a line names: plain, decorated as a heading, or quoted in a sentence."""
    quoted = [name for name in re.findall(r"`([^`]+)`", line) if _like_path(name)]
    if len(quoted) == 1:
        return clean(quoted[0])
    bare = line.strip().lstrip("#").strip().strip("*_").strip()
    bare = _LABEL.sub("", bare, count=1)
    name = bare.rstrip(":").strip("*_").rstrip(":")
    if not name or re.search(r"\s|`", name) or not re.search(r"\w", name):
        return None
    if bare != name and not _like_path(name):
        # `Example:` is a word of prose; `Makefile` alone on its line is a file.
        return None
    return clean(name)


def path_in(info: str) -> str | None:
    """The path that stands behind a fence: `python src/name.py`, `python:src/name.py`."""
    name = re.split(r"[\s:]", info)[-1].removeprefix("title=").strip("\"'")
    return clean(name) if _like_path(name) else None


def clean(path: str) -> str:
    """A path without the `./` that models like to put before it."""
    while path.startswith("./"):
        path = path[2:]
    return path.strip()


def move(line: str, number: int) -> DeleteFile | RenameFile | None:
    """The deletion or renaming that stands on a line.

    Raises: Malformed for a line that begins like one and is none.
    """
    text = line.strip()
    if _MOVE.match(text) is None:
        return None
    if found := _DELETE.fullmatch(text):
        return DeleteFile(path=clean(found[1].strip("`")))
    if found := _RENAME.fullmatch(text):
        return RenameFile(path=clean(found[1].strip("`")), to=clean(found[2].strip("`")))
    raise Malformed(
        f"line {number} ({short(text)}) is not understood; write `DELETE path` or "
        "`RENAME old TO new`, with paths that have spaces between backticks"
    )


def short(text: str) -> str:
    """A line as it is quoted in a message."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _like_path(name: str) -> bool:
    return re.search(r"[./]", name) is not None and re.search(r"\w", name) is not None
