"""The Python that runs a repository's checks, found without running anything of the repository.

A repository's own environment is as untrusted as its code: its files are read here, and its
programs run in the sandbox only. What it says it needs is shown there only where it looks like a
Python installation, so that a crafted `pyvenv.cfg` does not open somebody's home.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gatewright.domain.errors import InputError
from gatewright.domain.ports import Toolchain

OWN = "gatewright's own"

_ENVIRONMENTS = (".venv", "venv")
_MOST_LINKS = 20
_OLDEST = {"mypy": (1, 11), "ruff": (0, 1)}
"""The first versions that answer in JSON as the gate asks for it."""


class Tool(NamedTuple):
    """How a tool is called."""

    argv: tuple[str, ...]
    """The program and its first arguments."""
    version: str | None


class Installation(NamedTuple):
    """A Python as it lies on disk."""

    python: Path
    prefix: Path
    """Of the environment: the directory above `bin`."""
    base: Path
    """Of the Python that the environment was made with; the same for a Python of its own."""
    readable: tuple[Path, ...]


def find_toolchain(repo: Path, *, python: Path | None = None) -> Toolchain:
    """The setting's Python, else the repository's `.venv` or `venv` if it has pytest, else ours.

    Blocks on the file system; starts no process.
    Raises: InputError when `python` is set and is no program.
    """
    found = _found(repo, python)
    return replace(found, roots=source_roots(found, repo))


def _found(repo: Path, python: Path | None) -> Toolchain:
    if python is not None:
        return _toolchain(_chosen(python), source="setting gate.python")
    for name in _ENVIRONMENTS:
        found = _of_repository(repo / name)
        if found is not None:
            return _toolchain(found, source=f"repository ({name})")
    return own_toolchain()


def own_toolchain() -> Toolchain:
    """The Python that runs Gatewright itself."""
    own = _own()
    return Toolchain(python=own.python, readable=own.readable, source=OWN)


def is_own(toolchain: Toolchain) -> bool:
    """Whether the checks run in Gatewright's environment, for want of the repository's."""
    return toolchain.python == Path(sys.executable)


def find_tool(toolchain: Toolchain, name: str) -> Tool:
    """`mypy` or `ruff` of the toolchain's environment if it is there and new enough, else ours.

    Isolated mode keeps a `mypy.py` in the working directory from being taken for the tool.
    """
    version = _usable(toolchain.python, name)
    if version is not None:
        return Tool((str(toolchain.python), "-I", "-m", name), version)
    own = Path(sys.executable)
    return Tool((str(own), "-I", "-m", name), installed(own).get(name))


def installed(python: Path) -> dict[str, str]:
    """Distributions of a Python's environment with their versions, as their folders say."""
    found: dict[str, str] = {}
    for folder in _site_packages(python):
        for entry in sorted(folder.glob("*.dist-info")):
            name, _, version = entry.name.removesuffix(".dist-info").rpartition("-")
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return found


def source_roots(toolchain: Toolchain, repo: Path) -> tuple[str, ...]:
    """Directories of the repository that its environment has on its path (editable installs).

    In our own environment no repository is installed: there it is `src`, where there is one.
    Relative to the repository, so that they can be found again in a copy of it.
    """
    if toolchain.source == OWN:
        return ("src",) if (repo / "src").is_dir() else ()
    roots: dict[str, None] = {}
    top = repo.resolve()
    for folder in _site_packages(toolchain.python):
        for file in sorted(folder.glob("*.pth")):
            for line in _lines(file):
                path = Path(line)
                if path.is_absolute() and path.resolve().is_relative_to(top):
                    roots[path.resolve().relative_to(top).as_posix()] = None
    return tuple(roots)


def _toolchain(found: Installation, *, source: str) -> Toolchain:
    readable = list(found.readable)
    if any(_usable(found.python, name) is None for name in _OLDEST):
        readable += _own().readable
    return Toolchain(python=found.python, readable=tuple(dict.fromkeys(readable)), source=source)


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
    return _installation(path)


def _own() -> Installation:
    found = _installation(Path(sys.executable))
    prefixes = (Path(sys.prefix), Path(sys.base_prefix))
    readable = dict.fromkeys((*found.readable, *(p for p in prefixes if not _too_much(p))))
    return found._replace(readable=tuple(readable))


def _of_repository(folder: Path) -> Installation | None:
    """The environment in this folder, if it is one, has pytest, and asks for nothing strange."""
    python = folder / "bin" / "python"
    if not (folder / "pyvenv.cfg").is_file() or not python.is_file():
        return None
    found = _installation(python)
    shown = {folder.resolve(), found.base.resolve()}
    if any(_too_much(path) or not list(_libraries(path)) for path in shown):
        return None
    if not re.fullmatch(r"(python|pypy)[\d.]*", python.resolve().name):
        return None
    if not any((packages / "pytest").is_dir() for packages in _site_packages(python)):
        return None
    return found


def _installation(python: Path) -> Installation:
    """Follow the links of a Python to what it needs; both a link's names stay visible."""
    hops = list(_hops(python))
    prefix = python.parent.parent
    home = _settings(prefix).get("home")
    base = Path(home).parent if home else hops[-1].parent.parent
    prefixes = [prefix, base, *(hop.parent.parent for hop in hops)]
    named = dict.fromkeys(name for path in prefixes for name in (path, path.resolve()))
    readable = tuple(p for p in named if p.is_absolute() and not _too_much(p) and _is_prefix(p))
    return Installation(python, prefix, base, readable)


def _hops(path: Path) -> Iterator[Path]:
    """A path and every path that its links lead through."""
    yield path
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
        yield path
    yield path.resolve()


def _too_much(path: Path) -> bool:
    """Whether showing this directory would show a whole home, or the whole machine."""
    shown = path.resolve()
    home = Path.home().resolve()
    return home.is_relative_to(shown) or len(shown.parts) < 2


def _is_prefix(path: Path) -> bool:
    return path.parts[:2] != ("/", "usr") and any(_libraries(path))


def _libraries(prefix: Path) -> Iterator[Path]:
    for lib in ("lib", "lib64"):
        yield from sorted((prefix / lib).glob("python3*"))
        yield from sorted((prefix / lib).glob("pypy3*"))


def _site_packages(python: Path) -> tuple[Path, ...]:
    prefix = python.parent.parent
    prefixes = [prefix]
    settings = _settings(prefix)
    if settings.get("include-system-site-packages") == "true" and settings.get("home"):
        prefixes.append(Path(settings["home"]).parent)
    folders = [
        library / name
        for each in prefixes
        for library in _libraries(each)
        for name in ("site-packages", "dist-packages")
    ]
    return tuple(folder for folder in folders if folder.is_dir())


def _settings(prefix: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(prefix / "pyvenv.cfg"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
