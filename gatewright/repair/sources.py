"""The repository's own source files that may be edited, read before anything of it has run."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from gatewright.domain.protected import is_test

MOST_BYTES = 512 * 1024
"""Of one file; a larger one is generated."""
MOST_TOTAL = 64 * 2**20
_NOT_OURS = {"site-packages", "node_modules", "__pycache__", "build", "dist", "venv", "env"}
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def read_sources(root: Path) -> dict[str, bytes]:
    """UTF-8 Python files by their path under the root, tests left out. Blocks.

    Links are not followed: the content of a repository is not to be trusted.
    """
    found: dict[str, bytes] = {}
    total = 0
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if is_test(name) or path.is_symlink() or path.stat().st_size > MOST_BYTES:
            continue
        data = path.read_bytes()
        total += len(data)
        if total > MOST_TOTAL:
            break
        if _is_utf8(data):
            found[name] = data
    return found


def test_files(node_ids: Collection[str]) -> frozenset[str]:
    """The files of these tests, whatever they are called."""
    return frozenset(node_id.partition("::")[0] for node_id in node_ids)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        keep = [name for name in folders if name not in _NOT_OURS and not name.startswith(".")]
        folders[:] = sorted(name for name in keep if not Path(folder, name, "pyvenv.cfg").exists())
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))


def _is_utf8(data: bytes) -> bool:
    for line in data.split(b"\n", 2)[:2]:
        said = _CODING.match(line)
        if said and said[1].lower().replace(b"_", b"-") not in (b"utf-8", b"utf8"):
            return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in data
