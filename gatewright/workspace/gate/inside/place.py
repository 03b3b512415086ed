"""Whose code is running: a test's, the repository's other code, or somebody else's."""

# ruff: noqa: PTH118, UP006, UP035, UP045
# The annotations are read by Pythons from 3.8 on.

import os
import re
from typing import Any, Dict, Optional

CODE, TEST, IMPORT, NAMELESS, OTHER = "code", "test", "import", "nameless", "other"

_TEST = re.compile(r"(test_.*|.*_test)\.py|conftest\.py")


def is_test(path: str) -> bool:
    """Whether a path in the repository is a test's or its support's; as the gate sees it."""
    *folders, name = path.split("/")
    return bool(_TEST.fullmatch(name)) or any(each in ("test", "tests") for each in folders)


class Places:
    """Tells by the name of a code's file."""

    def __init__(self, root: str) -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self._known: Dict[str, str] = {}

    def kind(self, filename: str) -> str:
        """One of the five."""
        known = self._known.get(filename)
        if known is None:
            known = self._known[filename] = self._kind(filename)
        return known

    def claim(self, filename: str) -> None:
        """Take this for the repository's: its code was compiled under a name of its choice."""
        self._known[filename] = CODE

    def path(self, filename: str) -> Optional[str]:
        """Relative to the repository; None outside of it."""
        if not filename.startswith(self._root):
            return None
        return filename[len(self._root) :].replace(os.sep, "/")

    def nearest(self, frame: Any) -> Any:
        """The innermost frame of the repository's; None where there is none."""
        known = self._known
        while frame is not None:
            name = frame.f_code.co_filename
            kind = known[name] if name in known else self.kind(name)
            if kind in (CODE, TEST):
                return frame
            frame = frame.f_back
        return None

    def _kind(self, filename: str) -> str:
        if filename.startswith("<frozen importlib") or _IMPORTING.search(filename):
            return IMPORT
        if filename.startswith("<"):
            return NAMELESS
        path = self.path(os.path.realpath(filename))
        if path is None or "site-packages" in path:
            return OTHER
        return TEST if is_test(path) else CODE


_IMPORTING = re.compile(r"[/\\](importlib[/\\]__init__|_pytest[/\\]assertion[/\\]rewrite)\.py$")
