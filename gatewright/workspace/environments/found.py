"""Where a repository's own environment may lie: in it, or where poetry and pipenv put theirs.

Neither is ever run, and their settings are not read: only the default places are looked at. The
names that they give are in `poetry.utils.env.EnvManager.generate_env_name` and
`pipenv.project.Project.virtualenv_name`. Blocks on the file system.
"""

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gatewright.workspace.environments.installation import Installation, environment

_IN_REPOSITORY = (".venv", "venv", "env")
_POETRY = Path(".cache/pypoetry/virtualenvs")
_PIPENV = Path(".local/share/virtualenvs")
_NAME_LIMIT = 42


class Place(NamedTuple):
    """A folder in which an environment may be."""

    folder: Path
    source: str
    """For people."""


class Found(NamedTuple):
    """A repository's own environment."""

    installation: Installation
    source: str


def find_environment(repo: Path, *, home: Path) -> Found | None:
    """The first place that holds an environment with pytest in it."""
    for place in _places(repo, home):
        found = environment(place.folder)
        if found is not None:
            return Found(found, place.source)
    return None


def passed_over(repo: Path, *, home: Path) -> str | None:
    """An environment that is there and was not taken; for people."""
    for place in _places(repo, home):
        if (place.folder / "pyvenv.cfg").is_file() and environment(place.folder) is None:
            return place.source
    return None


def _places(repo: Path, home: Path) -> Iterator[Place]:
    for name in _IN_REPOSITORY:
        yield Place(repo / name, f"repository ({name})")
    yield from _poetry(repo, home / _POETRY)
    if (repo / "Pipfile").is_file():
        name = re.sub(r'[ &$`!*@"()\[\]\\\r\n\t]', "_", repo.resolve().name)[:_NAME_LIMIT]
        pipfile = os.path.realpath(repo / "Pipfile")
        yield Place(home / _PIPENV / f"{name}-{_hash(pipfile)}", "repository (pipenv)")


def _poetry(repo: Path, folder: Path) -> Iterator[Place]:
    name = _project_name(repo / "pyproject.toml")
    if name is None:
        return
    name = re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:_NAME_LIMIT]
    stem = f"{name}-{_hash(os.path.realpath(repo))}-py"
    # A name of the repository's is compared with what is there, and never made a path of.
    names = [path.name for path in _folders(folder) if path.name.startswith(stem)]
    for each in sorted(names, key=_version, reverse=True):
        yield Place(folder / each, f"repository (poetry, {each})")


def _project_name(file: Path) -> str | None:
    try:
        read: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    for section in (read.get("project"), _table(read.get("tool")).get("poetry")):
        name = _table(section).get("name")
        if isinstance(name, str) and name:
            return name
    return None


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _folders(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _version(name: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", name.rpartition("-py")[2])]


def _hash(path: str) -> str:
    digest = hashlib.sha256(os.fsencode(path)).digest()
    return base64.urlsafe_b64encode(digest).decode()[:8]
