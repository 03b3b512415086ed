"""Which files say what a project depends on, and how each is read. Pure."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from gatewright.workspace.gate.static.manifests_other import (
    cargo,
    environment,
    go_mod,
    package_json,
)
from gatewright.workspace.gate.static.manifests_python import pipfile, pyproject, setup_cfg
from gatewright.workspace.gate.static.requirements import Requirements, listed, whole

_LOCKS = frozenset(
    {
        "bun.lock",
        "bun.lockb",
        "composer.lock",
        "conda-lock.yml",
        "go.sum",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "pnpm-lock.yaml",
        "yarn.lock",
    }
)
_REQUIREMENTS = re.compile(r"(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in)")


def is_lock(path: str) -> bool:
    """Whether a tool wrote this from a manifest."""
    name = PurePosixPath(path).name
    return name in _LOCKS or name.endswith(".lock")


def reader(path: str) -> Callable[[str], Requirements] | None:
    """How to read the requirements of a file by this name; None where it is no manifest."""
    pure = PurePosixPath(path)
    if is_lock(path) or pure.name == "setup.py":
        return whole
    found = _READERS.get(pure.name)
    if found is not None:
        return found
    if _REQUIREMENTS.fullmatch(pure.name):
        return listed
    return listed if "requirements" in pure.parts[:-1] and pure.suffix in (".txt", ".in") else None


_READERS: Mapping[str, Callable[[str], Requirements]] = {
    "pyproject.toml": pyproject,
    "setup.cfg": setup_cfg,
    "Pipfile": pipfile,
    "Cargo.toml": cargo,
    "package.json": package_json,
    "go.mod": go_mod,
    "environment.yml": environment,
    "environment.yaml": environment,
}
