"""Which paths an edit may name: relative, plain, and not git's own."""

import re
import unicodedata
from pathlib import PurePosixPath

from gatewright.domain.errors import UnsafePath

_MOST_BYTES = 255
"""Of one component, on every file system in use."""
_MOST_CHARACTERS = 1000

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories: control and format characters (HFS+ ignores some of these in names, and
so takes `.g\\u200cit` for `.git`), surrogates, line and paragraph separators."""

_GIT = re.compile(r"(\.git|git~[0-9]+)[ .]*(:.*)?", re.IGNORECASE | re.DOTALL)
"""`.git` as NTFS spells it as well: short name, trailing dots and spaces, streams."""


def check_form(path: str) -> None:
    """Raises: UnsafePath unless this is a relative POSIX path into the tree, outside `.git`."""
    problem = _problem(path)
    if problem:
        shown = path if path.isprintable() and len(path) <= 200 else repr(path[:200])
        raise UnsafePath(shown, f"{problem}; name a path inside the repository, as `src/name.py`")


def parents(path: str) -> list[str]:
    """The folders above a path, outermost first."""
    return [str(parent) for parent in PurePosixPath(path).parents][-2::-1]


def folded(path: str) -> str:
    """What a file system that ignores case and Unicode's normal forms takes a path for."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFD", path).casefold()


def _problem(path: str) -> str:
    if not path:
        return "the path is empty"
    if any(unicodedata.category(character) in _UNSEEN for character in path):
        return "the path holds a control or invisible character"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "the path is absolute"
    if "\\" in path:
        return "the path holds a backslash"
    if len(path) > _MOST_CHARACTERS:
        return f"the path is longer than {_MOST_CHARACTERS} characters"
    return next(filter(None, map(_component_problem, path.split("/"))), "")


def _component_problem(component: str) -> str:
    if component in ("", "."):
        return "the path has an empty component or `.`"
    if component == "..":
        return "the path leads upwards"
    if _GIT.fullmatch(component):
        return "the path leads into `.git`"
    if component[-1] in " .":
        return f"the component {component!r} ends in a dot or a space"
    if len(component.encode()) > _MOST_BYTES:
        return f"a component is longer than {_MOST_BYTES} bytes"
    return ""
