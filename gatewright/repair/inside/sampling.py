"""Which part of a very large suite is run to learn from it."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

MANY_TESTS = 1500
"""As they are written down; a suite of more is only sampled."""
SAMPLE = 600
"""About so many tests are run traced, besides those that are asked for."""
LEFT = {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv"}
_TEST = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+test", re.MULTILINE)


def written_tests(root: str) -> dict[str, int]:
    """How many tests are written in each test file, by its path; parametrised ones count once."""
    return {str(path.relative_to(root)): _count(path) for path in _test_files(root)}


def sample(written: dict[str, int], asked: Iterable[str]) -> list[str]:
    """The files nearest to those of the tests asked for: in the same folder, then further away."""
    homes = [Path(name.partition("::")[0]) for name in asked]
    chosen: list[str] = []
    count = 0
    for path in sorted(written, key=lambda path: (_distance(Path(path), homes), path)):
        if count >= SAMPLE:
            break
        chosen.append(path)
        count += written[path]
    return chosen


def _test_files(root: str) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(n for n in folders if n not in LEFT and not n.startswith("."))
        for name in sorted(files):
            if name.endswith("_test.py") or (name.startswith("test") and name.endswith(".py")):
                yield Path(folder, name)


def _count(path: Path) -> int:
    try:
        return len(_TEST.findall(path.read_bytes()))
    except OSError:
        return 0


def _distance(path: Path, homes: Iterable[Path]) -> int:
    """Steps up and down between two folders; the same file is nearest."""
    return min((_steps(path, home) for home in homes), default=0)


def _steps(path: Path, home: Path) -> int:
    if path == home:
        return -1
    here, there = path.parent.parts, home.parent.parts
    common = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(here, there, strict=False))
    )
    return len(here) + len(there) - 2 * common
