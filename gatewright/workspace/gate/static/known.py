"""What there is in a repository that a change might look for: its tests and its modules.

Reads the file system only when asked for the names of tests.
"""

import re
from collections.abc import Collection
from functools import cached_property
from pathlib import Path, PurePosixPath

from gatewright.domain.protected import is_test

_COLLECTED = re.compile(r"(test_.*|.*_test|conftest)\.py")
_FUNCTION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w+)", re.MULTILINE)
_SEPARATORS = re.compile(r"[\s/\\:]+")


class Known:
    """The tests and modules of one repository."""

    def __init__(self, paths: Collection[str], *, base: Path, roots: Collection[str]) -> None:
        """`paths` are those of the base and of the change."""
        self._base = base
        self._collected = sorted(
            path for path in paths if _COLLECTED.fullmatch(PurePosixPath(path).name)
        )
        self._tests = frozenset(path for path in paths if is_test(path))
        self._paths = frozenset(paths)
        self._roots = ("", *roots)

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(PurePosixPath(path).stem for path in self._collected)

    @cached_property
    def _functions(self) -> frozenset[str]:
        """Names of the base's test functions."""
        found: set[str] = set()
        for path in self._collected:
            try:
                text = (self._base / path).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            found.update(_FUNCTION.findall(text))
        return frozenset(found)

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Directories of tests: they hold what pytest collects, and are named for it."""
        found: set[str] = set()
        for path in self._collected:
            parts = PurePosixPath(path).parts[:-1]
            for number, part in enumerate(parts, start=1):
                if part in ("test", "tests"):
                    found.add("/".join(parts[:number]))
                    break
        return frozenset(found)

    @cached_property
    def _test_modules(self) -> frozenset[str]:
        """Names under which an import finds a test, or what lies in a folder of tests."""
        found = {folder.replace("/", ".") for folder in self._folders}
        for path in self._collected:
            found.add(PurePosixPath(path).stem)
        for path in self._tests:
            if path.endswith(".py") and (path in self._collected or self._in_folder(path)):
                name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                found.add(name)
        for root in self._roots[1:]:
            prefix = root.replace("/", ".") + "."
            found |= {name.removeprefix(prefix) for name in found if name.startswith(prefix)}
        return frozenset(found)

    def _in_folder(self, path: str) -> bool:
        return any(path.startswith(f"{folder}/") for folder in self._folders)

    def is_test_file(self, path: str) -> bool:
        """Whether pytest collects this, or it lies beside what pytest collects."""
        return bool(_COLLECTED.fullmatch(PurePosixPath(path).name)) or self._in_folder(path)

    @cached_property
    def _own(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self._paths:
            for root in self._roots:
                below = path.removeprefix(f"{root}/") if root else path
                if path.endswith(".py") and (not root or below != path):
                    found.add(below.split("/")[0].removesuffix(".py"))
        return frozenset(found)

    def is_own_module(self, top: str) -> bool:
        """Whether the repository itself has a module or package of this name at its top."""
        return top in self._own

    def is_test_module(self, module: str) -> bool:
        """Whether importing this reads a test."""
        return module in self._test_modules

    def absolute(self, path: str, module: str, level: int) -> str:
        """What a relative import in a file means, from the top of the repository."""
        if not level:
            return module
        parts = PurePosixPath(path).parts[:-level]
        return ".".join((*parts, *filter(None, module.split("."))))

    def names_test(self, text: str) -> bool:
        """Whether a string is the name of a test, of its file, or of what lies beside it."""
        parts = [part for part in _SEPARATORS.split(text.strip()) if part]
        if any(part.removesuffix(".py") in self._stems for part in parts):
            return True
        if "/" in text and (text.lstrip("./") in self._tests):
            return True
        return any(part.startswith("test") and part in self._functions for part in parts)

    def in_tests(self, text: str) -> bool:
        """Whether a path leads into a folder of tests."""
        parts = [part for part in _SEPARATORS.split(text.strip()) if part]
        tops = {folder.rsplit("/", 1)[-1] for folder in self._folders}
        return any(part in tops for part in parts)
