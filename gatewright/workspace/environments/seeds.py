"""The gate's tools as they are installed beside Gatewright: what belongs to them, file by file.

An environment is laid out from these without a network and without pip. Blocks on the file system.
"""

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from gatewright.domain.errors import EnvironmentFault

TOOLS = ("pytest", "coverage", "mypy", "ruff")


class Seed(NamedTuple):
    """One installed distribution."""

    name: str
    version: str
    distribution: Distribution


class Part(NamedTuple):
    """A file of a distribution."""

    path: Path
    place: str
    """Relative to `site-packages`, or in `bin`."""
    program: bool = False
    """Whether its place is in `bin`."""


@cache
def seeds(names: tuple[str, ...] = TOOLS) -> tuple[Seed, ...]:
    """These distributions and all that they require here, by name.

    Raises: EnvironmentFault where one is not installed beside Gatewright.
    """
    found: dict[str, Seed] = {}
    wanted = list(names)
    while wanted:
        name = _normal(wanted.pop())
        if name in found:
            continue
        each = _distribution(name)
        found[name] = Seed(name, each.version, each)
        for text in each.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    return tuple(found[name] for name in sorted(found))


def base_python() -> Path:
    """The program that environments of ours are made with; links are not followed."""
    # In an environment `sys.executable` is its link; this is what venv goes by.
    return Path(getattr(sys, "_base_executable", None) or sys.executable)


def parts(seed: Seed) -> Iterator[Part]:
    """The distribution's files that are there, with their compiled forms, where there are any.

    Console scripts are left out: they name the Python that they were made for.
    Raises: EnvironmentFault where nothing says which files these are.
    """
    files = seed.distribution.files
    if files is None:
        raise EnvironmentFault(
            f"The files of {seed.name!r} beside Gatewright are not listed",
            f"Install it anew, for example by `pip install --force-reinstall {seed.name}`.",
        )
    scripts = set(console_scripts(seed))
    for file in files:
        path = Path(os.path.realpath(str(file.locate())))
        if file.parts[0] == "..":
            if file.parts[-2:-1] == ("bin",) and file.name not in scripts and path.is_file():
                yield Part(path, file.name, program=True)
            continue
        if "__pycache__" in file.parts or not path.is_file():
            continue
        yield Part(path, file.as_posix())
        if file.suffix == ".py":
            compiled = Path(cache_from_source(str(path)))
            if compiled.is_file():
                yield Part(compiled, cache_from_source(file.as_posix()))


def console_scripts(seed: Seed) -> dict[str, str]:
    """Names of commands, and `module:function` of each."""
    entries = seed.distribution.entry_points.select(group="console_scripts")
    return {entry.name: entry.value for entry in entries}


def _distribution(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise EnvironmentFault(
            f"{name!r} is not installed beside Gatewright",
            "Install Gatewright anew, with its dependencies.",
        ) from None


def _normal(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()
