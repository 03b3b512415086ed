"""An environment as `venv` lays it out, written without running anything. Blocks."""

import contextlib
import os
import py_compile
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from gatewright.workspace.environments.seeds import Seed, base_python, console_scripts, parts

SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"

_IMPORTED = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "coverage")
"""What every run of the tests imports; compiled once, for the sandbox keeps nothing."""

_SCRIPT = """\
#!/bin/sh
'''exec' "$(dirname -- "$0")/python" "$0" "$@"
'''
import sys
from {module} import {name}
sys.exit({function}())
"""
"""A shell reads its first lines and starts the Python beside it, which takes them for a string:
so the path of the environment may be long, and may hold spaces."""


def lay_out(folder: Path, seeds: Iterable[Seed]) -> None:
    """Make an environment of the base Python in an empty folder, with these distributions only.

    Raises: EnvironmentFault; OSError.
    """
    python = base_python()
    packages = folder / SITE_PACKAGES
    programs = folder / "bin"
    packages.mkdir(parents=True)
    programs.mkdir()
    (programs / "python").symlink_to(python)
    for name in ("python3", f"python3.{sys.version_info.minor}"):
        (programs / name).symlink_to("python")
    version = ".".join(str(part) for part in sys.version_info[:3])
    (folder / "pyvenv.cfg").write_text(
        f"home = {python.parent}\ninclude-system-site-packages = false\nversion = {version}\n",
        encoding="utf-8",
    )
    for seed in seeds:
        _plant(seed, packages, programs)
    _compile(packages)


def _plant(seed: Seed, packages: Path, programs: Path) -> None:
    made: set[Path] = set()
    for part in parts(seed):
        target = (programs if part.program else packages) / part.place
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        if not target.exists():
            # Never a hard link: whatever wrote to the new name, an installer with a foreign wheel
            # for one, would write into Gatewright's own installation.
            _copy(part.path, target)
    for name, entry in console_scripts(seed).items():
        module, _, function = entry.partition(":")
        text = _SCRIPT.format(module=module, name=function.partition(".")[0], function=function)
        with (programs / name).open("x", encoding="utf-8") as file:
            file.write(text)
        (programs / name).chmod(0o755)


def _copy(path: Path, target: Path) -> None:
    """With its time, by which Python knows whether the compiled file is still good."""
    shutil.copyfile(path, target)
    seen = path.stat()
    os.utime(target, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
    if seen.st_mode & 0o100:
        target.chmod(0o755)


def _compile(packages: Path) -> None:
    for name in _IMPORTED:
        for path in sorted((packages / name).rglob("*.py")):
            if not (path.parent / "__pycache__").is_dir() or not _is_compiled(path):
                with contextlib.suppress(py_compile.PyCompileError, ValueError):
                    py_compile.compile(str(path), doraise=True, quiet=2)


def _is_compiled(path: Path) -> bool:
    tag = sys.implementation.cache_tag
    return (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").is_file()
