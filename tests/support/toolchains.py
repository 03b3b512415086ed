"""The clean environment for tests: made once for this Python, and kept beside its packages."""

import sys
from pathlib import Path

from gatewright.domain.ports import Toolchain
from gatewright.workspace.toolchain import find_toolchain

CACHE = Path(sys.prefix) / "gatewright-test-environments"


def clean_toolchain(repo: Path) -> Toolchain:
    """What a repository without an environment of its own is checked with."""
    return find_toolchain(repo, cache=CACHE)
