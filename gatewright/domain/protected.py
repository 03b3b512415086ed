"""Which files of a repository say what its checks mean, and so are not a change's to alter.

Pure: paths in, answers out. Reviewers, the gate and the repair engine go by the same words.
"""

import re
from pathlib import PurePosixPath

_WHOLE = frozenset(
    {
        "conftest.py",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "mypy.ini",
        ".mypy.ini",
        "ruff.toml",
        ".ruff.toml",
        ".coveragerc",
        ".coveragerc.toml",
        ".flake8",
        ".pylintrc",
        ".pylintrc.toml",
        "pylintrc",
        "pylintrc.toml",
        "pyrightconfig.json",
        ".bandit",
        "sitecustomize.py",
        "usercustomize.py",
    }
)
"""Files that are nothing but configuration, or code that runs before the tests."""

_SHARED = frozenset({"pyproject.toml", "setup.cfg", "tox.ini"})
_CACHE = ".pytest_cache"
"""Where pytest would look up which tests failed last, to run those alone."""

_METADATA = (".dist-info", ".egg-info", ".egg")
"""Folders on the import path whose entry points pytest would load as plugins."""


def is_test(path: str) -> bool:
    """Whether pytest would take this file for a test or its support, by name and place."""
    pure = PurePosixPath(path)
    if pure.name == "conftest.py" or re.fullmatch(r"(test_.*|.*_test)\.py", pure.name):
        return True
    return any(part in ("tests", "test") for part in pure.parts[:-1])


def is_shared_configuration(path: str) -> bool:
    """Whether the checks read some sections of this file; the others are free to change."""
    return PurePosixPath(path).name in _SHARED


def is_configuration(path: str) -> bool:
    """Whether a check reads its settings here, or Python runs this by itself or for a source."""
    pure = PurePosixPath(path)
    if pure.suffix in (".pth", ".pyc") or _CACHE in pure.parts:
        return True
    if any(part.lower().endswith(_METADATA) for part in pure.parts):
        return True
    return pure.name in _WHOLE or pure.name in _SHARED
