"""Files that globs stand for; links to folders are not followed, so that no circle is walked."""

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_MAGIC = re.compile(r"[*?\[]")


def files_of(pattern: str, *, folder: str) -> list[str]:
    """The files that it matches, relative to the folder unless it is absolute, sorted.

    `*` and `?` do not match `/`, `**` matches any number of folders; a folder that is matched
    stands for all files in it. Blocks.
    """
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    plain = 0
    while plain < len(parts) and not _MAGIC.search(parts[plain]):
        plain += 1
    base = ("/" if pattern.startswith("/") else "") + "/".join(parts[:plain])
    rest = parts[plain:]
    start = Path(folder, base)
    if not rest:
        return _all_below(start, base)
    matches = _regex("/".join(rest))
    deep = "**" in rest
    found: set[str] = set()
    for path, is_folder in _walk(start, None if deep else len(rest)):
        if not matches.fullmatch(path):
            continue
        name = f"{base}/{path}" if base.strip("/") else base + path
        found.update(_all_below(start / path, name) if is_folder else [name])
    return sorted(found)


def _all_below(path: Path, name: str) -> list[str]:
    if path.is_file():
        return [name]
    if not path.is_dir():
        return []
    prefix = name.rstrip("/") + "/" if name else ""
    return sorted(prefix + inner for inner, is_folder in _walk(path, None) if not is_folder)


def _walk(start: Path, depth: int | None) -> Iterator[tuple[str, bool]]:
    """Paths below `start`, and whether each is a folder."""
    work = [("", 1)]
    while work:
        below, level = work.pop()
        try:
            with os.scandir(start / below) as entries:
                found = list(entries)
        except OSError:
            continue
        for entry in found:
            path = f"{below}/{entry.name}" if below else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and (depth is None or level < depth):
                work.append((path, level + 1))
            if is_folder or entry.is_file():
                yield path, is_folder


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    parts = pattern.split("/")
    text = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            text += r".*" if last else r"(?:[^/]+/)*"
            continue
        text += _segment(part) + ("" if last else "/")
    return re.compile(text, re.DOTALL)


def _segment(part: str) -> str:
    text, at = "", 0
    while at < len(part):
        sign = part[at]
        at += 1
        if sign == "*":
            text += "" if text.endswith("[^/]*") else "[^/]*"
        elif sign == "?":
            text += "[^/]"
        elif (
            sign == "["
            and (end := part.find("]", at + 2 if part[at : at + 1] == "!" else at + 1)) > 0
        ):
            inside = part[at:end]
            negated = inside.startswith("!")
            text += f"(?!/)[{'^' if negated else ''}{_class(inside[negated:])}]"
            at = end + 1
        else:
            text += re.escape(sign)
    return text


def _class(inside: str) -> str:
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", inside)
