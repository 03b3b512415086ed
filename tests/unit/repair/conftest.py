import textwrap
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gatewright.repair.engine import Problem, Repair, repair
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from tests.support.toolchains import clean_toolchain

PLAIN = """\
[tool.pytest.ini_options]
pythonpath = ["."]
addopts = "-p no:asyncio -p no:anyio -p no:hypothesispytest -p no:xdist -p no:xdist.looponfail"
"""
"""Our own environment's plugins, of which these projects use none, cost a second each time."""

Fix = Callable[..., Awaitable[Repair]]


def project(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in {"pyproject.toml": PLAIN, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
        path.write_bytes(data)
    return root


def patched(root: Path, found: Repair) -> dict[str, bytes]:
    """The files that a repair changes, as they would become."""
    assert found.changes is not None, found.why
    after: dict[str, bytes] = {}
    for edit in found.changes.edits:
        assert edit.op == "replace"
        data = (root / edit.path).read_bytes()
        for block in edit.blocks:
            assert data.count(block.search.encode()) == 1
            data = data.replace(block.search.encode(), block.replace.encode())
        after[edit.path] = data
    return after


@pytest.fixture
def fix(tmp_path: Path) -> Fix:
    """Make a project of these files and search a repair for it."""

    async def run(files: Mapping[str, str | bytes], *tests: str, **options: Any) -> Repair:
        tools = clean_toolchain(tmp_path)
        problem = Problem(
            root=project(tmp_path, files),
            tests=tests,
            python=options.pop("python", tools.python),
            readable=options.pop("readable", tools.readable),
            **{"max_seconds": 60.0, "max_candidates": 150, **options},
        )
        return await repair(problem, Bubblewrap().run, lambda tried, total, what: None)

    return run
