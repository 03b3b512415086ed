"""What stands above the hunks of a unified diff: which file it is about, and what becomes of it."""

import re
from typing import NamedTuple

from agents.edit_format_lines import Malformed, clean, short

_GIT = re.compile(r"diff --git (.+)")
_EXTENDED = re.compile(
    r"(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|"
    r"similarity index|dissimilarity index|index) (.+)"
)
_BINARY = re.compile(r"GIT binary patch|Binary files .* differ")
_ESCAPE = re.compile(r'\\([0-7]{3}|["\\abfnrtv])')
_NAMED = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


class Header(NamedTuple):
    """One file of a diff."""

    old: str | None
    """None: it is new."""
    new: str | None
    """None: it goes away."""
    number: int
    """1-based line of the answer."""
    after: int
    """Index of the first line behind the header."""


def starts_header(lines: list[str], index: int) -> bool:
    """Whether a file's part of the diff begins here; a removed `-- ` line may look like one."""
    if _GIT.fullmatch(lines[index]):
        return True
    following = lines[index + 1] if index + 1 < len(lines) else ""
    return lines[index].startswith("--- ") and following.startswith("+++ ")


def ends_hunk(lines: list[str], index: int) -> bool:
    """Whether a file's part begins here, rather than a removed `-- x` above an added `++ x`."""
    if not starts_header(lines, index) or _GIT.fullmatch(lines[index]):
        return starts_header(lines, index)
    if index + 2 < len(lines) and lines[index + 2].startswith("@@"):
        return True
    old, new = _name(lines[index][4:]), _name(lines[index + 1][4:])
    return (old is None or old.startswith("a/")) and (new is None or new.startswith("b/"))


def next_header(lines: list[str], start: int) -> Header:
    """The header that begins here. Raises: Malformed."""
    index, said = start, dict[str, str]()
    git = _GIT.fullmatch(lines[index])
    if git:
        index += 1
        while index < len(lines) and (found := _EXTENDED.fullmatch(lines[index])):
            said[found[1]] = found[2]
            index += 1
        if index < len(lines) and _BINARY.fullmatch(lines[index]):
            raise Malformed(f"line {index + 1}: binary files cannot be edited; leave them out")
    _check_modes(said, start + 1)
    if index + 1 < len(lines) and lines[index].startswith("--- "):
        return _by_names(lines, index, said, start)
    if git is None:
        raise Malformed(f"line {start + 1} ({short(lines[start])}) is not the start of a file")
    return _by_git(git[1], said, start=start, after=index)


def _by_names(lines: list[str], index: int, said: dict[str, str], start: int) -> Header:
    if not lines[index + 1].startswith("+++ "):
        raise Malformed(f"line {index + 1} begins with `---`, so line {index + 2} must with `+++`")
    old, new = _name(lines[index][4:]), _name(lines[index + 1][4:])
    both = (old is None or old.startswith("a/")) and (new is None or new.startswith("b/"))
    if both:
        old, new = old and old[2:], new and new[2:]
    if old is None and new is None:
        raise Malformed(f"lines {index + 1} and {index + 2} name no file, but /dev/null twice")
    renamed = "rename from" in said and "rename to" in said
    if renamed and old is not None and new is not None:
        old, new = _unquoted(said["rename from"]), _unquoted(said["rename to"])
    elif old is not None and new is not None and clean(old) != clean(new):
        raise Malformed(
            f"lines {index + 1} and {index + 2} name different files ({old!r}, {new!r}); write the "
            "same path behind a/ and b/, and for a renamed file `diff --git a/old b/new`, "
            "`rename from old` and `rename to new` before them"
        )
    return _header(old, new, start=start, after=index + 2)


def _by_git(names: str, said: dict[str, str], *, start: int, after: int) -> Header:
    """A file without hunks: renamed, deleted, or new and empty."""
    if "rename from" in said and "rename to" in said:
        old, new = _unquoted(said["rename from"]), _unquoted(said["rename to"])
        return _header(old, new, start=start, after=after)
    path = _same_name(names)
    if path is None:
        raise Malformed(
            f"line {start + 1} ({short(names)}) does not say which file it is about; write "
            "`--- a/path` and `+++ b/path` below it"
        )
    old_path = None if "new file mode" in said else path
    new_path = None if "deleted file mode" in said else path
    return _header(old_path, new_path, start=start, after=after)


def _header(old: str | None, new: str | None, *, start: int, after: int) -> Header:
    return Header(
        old=None if old is None else clean(old),
        new=None if new is None else clean(new),
        number=start + 1,
        after=after,
    )


def _check_modes(said: dict[str, str], number: int) -> None:
    if "copy from" in said or "copy to" in said:
        raise Malformed(f"line {number}: copies are not understood; give the new file in full")
    if said.get("new file mode", said.get("new mode", "100")).startswith(("120", "160")):
        raise Malformed(f"line {number}: links and submodules cannot be made; only plain files")


def _name(text: str) -> str | None:
    name = _unquoted(text.split("\t", maxsplit=1)[0].rstrip())
    return None if name == "/dev/null" else name


def _same_name(names: str) -> str | None:
    """The path of `a/<path> b/<path>`, where both are the same."""
    if names.startswith('"'):
        parts = re.fullmatch(r'("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")', names)
        old, new = (_unquoted(parts[1]), _unquoted(parts[2])) if parts else ("", "")
    else:
        middle = len(names) // 2
        old, new = names[:middle], names[middle + 1 :]
    same = old.startswith("a/") and new.startswith("b/") and old[2:] == new[2:]
    return old[2:] if same else None


def _unquoted(name: str) -> str:
    """A path as git quotes it when it has unusual characters: `"caf\\303\\251"`."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    raw = bytearray()
    position = 1
    while position < len(name) - 1:
        found = _ESCAPE.match(name, position, len(name) - 1)
        if found:
            code = int(found[1], 8) if len(found[1]) == 3 else _NAMED[found[1]]
            raw.append(code & 255)
            position = found.end()
        else:
            raw += name[position].encode(errors="surrogatepass")
            position += 1
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed(f"the path {short(name)} is not UTF-8") from None
