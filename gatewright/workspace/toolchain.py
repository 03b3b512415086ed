"""The Python that runs a repository's checks, found without running anything of the repository.

A repository's own environment is as untrusted as its code: its files are read here, and its
programs run in the sandbox only. Ours is never shown to it (`environments/clean.py`).
"""

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.ports import Toolchain
from gatewright.workspace.environments.clean import CLEAN, clean_environment
from gatewright.workspace.environments.declared import Declared, declared
from gatewright.workspace.environments.found import find_environment, passed_over
from gatewright.workspace.environments.install import declared_environment
from gatewright.workspace.environments.installation import (
    Installation,
    editable_roots,
    environment,
    has_pytest,
    installation,
    installed,
)

__all__ = [
    "CLEAN",
    "Tool",
    "find_tool",
    "find_toolchain",
    "installed",
    "source_roots",
]

INSTALLED = "what the repository declares"
"""How the source of an environment begins that was made from the declared dependencies."""

_OLDEST = {"mypy": (1, 11), "ruff": (0, 1)}
"""The first versions that answer in JSON as the gate asks for it."""


class Tool(NamedTuple):
    """How a tool is called."""

    argv: tuple[str, ...]
    """The program and its first arguments."""
    version: str | None


def find_toolchain(
    repo: Path, *, cache: Path, python: Path | None = None, install: bool = False
) -> Toolchain:
    """The setting's Python, else the repository's environment if it has pytest, else one of ours.

    Of ours is one with what the repository declares, if `install` says so, or a clean one; both
    are made at the first call, below `cache`. Blocks, for minutes where something is installed.
    Raises: InputError when `python` is set and is no program; EnvironmentFault where an
    environment cannot be made.
    """
    repo, cache = repo.absolute(), cache.absolute()
    found = _found(repo, python, cache) or _made(repo, cache, install=install)
    return replace(found, roots=source_roots(found, repo))


def find_tool(toolchain: Toolchain, name: str) -> Tool:
    """`mypy` or `ruff` of the toolchain's environment if it is there and new enough, else ours.

    Isolated mode keeps a `mypy.py` in the working directory from being taken for the tool.
    """
    version = _usable(toolchain.python, name)
    if version is not None:
        return Tool((str(toolchain.python), "-I", "-m", name), version)
    other = toolchain.tools or Path(sys.executable)
    return Tool((str(other), "-I", "-m", name), installed(other).get(name))


def source_roots(toolchain: Toolchain, repo: Path) -> tuple[str, ...]:
    """Directories of the repository that its environment has on its path (editable installs).

    In an environment of ours no repository is installed: there it is `src`, where there is one.
    Relative to the repository, so that they can be found again in a copy of it.
    """
    if toolchain.source == CLEAN or toolchain.source.startswith(INSTALLED):
        return ("src",) if (repo / "src").is_dir() else ()
    return editable_roots(toolchain.python, repo)


def _found(repo: Path, python: Path | None, cache: Path) -> Toolchain | None:
    if python is not None:
        chosen = _toolchain(_chosen(python), source="setting gate.python", cache=cache)
        lacks = not has_pytest(chosen.python)
        return replace(chosen, note="pytest is not installed for gate.python" if lacks else "")
    found = find_environment(repo, home=Path.home())
    if found is None:
        return None
    return _toolchain(found.installation, source=found.source, cache=cache)


def _made(repo: Path, cache: Path, *, install: bool) -> Toolchain:
    asked = declared(repo)
    if install and asked.requirements:
        source = f"{INSTALLED} ({', '.join(asked.files)})"
        made = _toolchain(_declared(asked, cache), source=source, cache=cache)
        return replace(made, note=_what_differs(asked))
    clean = _toolchain(installation(clean_environment(cache)), source=CLEAN, cache=cache)
    return replace(clean, note=_what_is_missing(repo, asked))


def _declared(asked: Declared, cache: Path) -> Installation:
    """What was installed may have overwritten what says which directories are shown."""
    folder = declared_environment(asked, cache).parent.parent
    found = environment(folder)
    if found is None:
        raise EnvironmentFault(
            f"What {' and '.join(asked.files)} declares has made {str(folder)!r} unusable",
            "One of these packages replaces Python itself; leave gate.install off.",
        )
    return found


def _what_is_missing(repo: Path, asked: Declared) -> str:
    """What the repository has or declares and the clean environment does not; for people."""
    notes = []
    other = passed_over(repo, home=Path.home())
    if other is not None:
        notes.append(f"the environment of the {other} was not taken: it has no pytest")
    if asked.requirements:
        count = len(asked.requirements)
        many = "dependency is" if count == 1 else "dependencies are"
        notes.append(
            f"{count} {many} declared in {' and '.join(asked.files)} and not installed: make the "
            "repository's .venv with pytest in it, name its Python by gate.python, or set "
            "gate.install"
        )
    return "; ".join((*notes, *_version(asked)))


def _what_differs(asked: Declared) -> str:
    notes = []
    if asked.left_out:
        notes.append(f"left out, for only wheels of an index are taken: {asked.left_out[0]!r}")
        if len(asked.left_out) > 1:
            notes[0] += f" and {len(asked.left_out) - 1} more"
    return "; ".join((*notes, *_version(asked)))


def _version(asked: Declared) -> tuple[str, ...]:
    here = ".".join(str(part) for part in sys.version_info[:3])
    try:
        wanted = not asked.python or SpecifierSet(asked.python).contains(here, prereleases=True)
    except InvalidSpecifier:
        return ()
    if wanted:
        return ()
    return (f"the repository asks for Python {asked.python} and this is {here}",)


def _toolchain(found: Installation, *, source: str, cache: Path) -> Toolchain:
    readable = found.readable
    tools = None
    if any(_usable(found.python, name) is None for name in _OLDEST):
        tools = clean_environment(cache)
        readable += installation(tools).readable
    return Toolchain(
        python=found.python,
        readable=tuple(dict.fromkeys(readable)),
        source=source,
        tools=tools,
    )


def _usable(python: Path, name: str) -> str | None:
    version = installed(python).get(name)
    if version is None:
        return None
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return version if numbers >= _OLDEST[name] else None


def _chosen(python: Path) -> Installation:
    path = Path(os.path.abspath(python.expanduser()))  # noqa: PTH100 - links must stay
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise InputError(
            "gate.python",
            str(python),
            "not a program",
            "Name the Python of the repository's environment, or leave the setting out.",
        )
    return installation(path)
