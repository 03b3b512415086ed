"""The clean environment: the gate's tools and nothing else, for a repository that has none.

What runs there meets neither Gatewright nor its dependencies, so that nothing passes by accident.
"""

import hashlib
import json
import sys
from pathlib import Path

from gatewright.workspace.environments.layout import lay_out
from gatewright.workspace.environments.making import made
from gatewright.workspace.environments.seeds import TOOLS, Seed, base_python, seeds

CLEAN = "clean environment (pytest, coverage, mypy, ruff only)"
_FORMAT = 1


def clean_environment(cache: Path) -> Path:
    """Its Python, below this folder; made at the first call, from our own installation. Blocks.

    Raises: EnvironmentFault.
    """
    planted = seeds(TOOLS)
    folder = made(cache / f"clean-{digest(planted)}", lambda fresh: lay_out(fresh, planted))
    return folder / "bin" / "python"


def digest(planted: tuple[Seed, ...], *more: object) -> str:
    """What an environment depends on, as a name."""
    content = {
        "format": _FORMAT,
        "python": [str(base_python()), sys.version],
        "seeds": [[seed.name, seed.version] for seed in planted],
        "more": more,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
