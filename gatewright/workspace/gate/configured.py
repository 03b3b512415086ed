"""Which linters a repository has set up, read from its configuration. Blocks on the file system."""

import configparser
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from gatewright.workspace.gate.protected import ini_sections, toml_sections

_WHOLE = {"mypy": ("mypy.ini", ".mypy.ini"), "ruff": (".ruff.toml", "ruff.toml")}
_SHARED: Mapping[str, tuple[tuple[str, Callable[[str], Mapping[str, object]]], ...]] = {
    "mypy": (("pyproject.toml", toml_sections), ("setup.cfg", ini_sections)),
    "ruff": (("pyproject.toml", toml_sections),),
}
_TARGETS = ("files", "packages", "modules")


def configured(root: Path, tool: str) -> bool:
    """Whether the top of a repository has a configuration of `mypy` or `ruff`."""
    if any((root / name).is_file() for name in _WHOLE[tool]):
        return True
    return any(tool in _sections(root / name, read) for name, read in _SHARED[tool])


def configured_anywhere(root: Path, tool: str) -> bool:
    """Whether a repository has a configuration of `mypy` or `ruff` in any of its directories."""
    names = {*_WHOLE[tool], *(name for name, _ in _SHARED[tool])}
    folders = (Path(folder) for folder, _, files in os.walk(root) if names & set(files))
    return any(configured(folder, tool) for folder in folders)


def mypy_configuration(root: Path) -> str | None:
    """The file that mypy takes its configuration from, in the order in which mypy looks."""
    for name in _WHOLE["mypy"]:
        if (root / name).is_file():
            return name
    shared = _SHARED["mypy"]
    return next((name for name, read in shared if "mypy" in _sections(root / name, read)), None)


def mypy_targets(root: Path) -> tuple[str, ...]:
    """What mypy is to be called on: nothing where the configuration says it, else the sources."""
    for name in _WHOLE["mypy"]:
        if (root / name).is_file():
            return _unless_named(root, _sections(root / name, ini_sections))
    for name, read in _SHARED["mypy"]:
        sections = _sections(root / name, read)
        if "mypy" in sections:
            return _unless_named(root, sections)
    return _sources(root)


def _unless_named(root: Path, sections: Mapping[str, object]) -> tuple[str, ...]:
    section = sections.get("mypy")
    options = dict(section) if isinstance(section, list | dict) else {}
    return () if any(options.get(name) for name in _TARGETS) else _sources(root)


def _sources(root: Path) -> tuple[str, ...]:
    return ("src",) if (root / "src").is_dir() else (".",)


def _sections(file: Path, read: Callable[[str], Mapping[str, object]]) -> Mapping[str, object]:
    try:
        return read(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error):
        return {}
