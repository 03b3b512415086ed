"""A Python as it lies on disk, read without running it. Blocks on the file system.

Its files may be a repository's, so untrusted: what it says it needs is believed only where it
looks like a Python installation, so that a crafted `pyvenv.cfg` does not open somebody's home.
"""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MOST_LINKS = 20
_MAPPING = re.compile(r"^MAPPING\b[^=]*= *(\{.*\})$", re.MULTILINE)
"""In the finder that setuptools writes for an editable install: modules and their folders."""


class Installation(NamedTuple):
    """A Python and the directories that it is made of."""

    python: Path
    prefix: Path
    """Of the environment: the directory above `bin`."""
    base: Path
    """Of the Python that the environment was made with; the same for a Python of its own."""
    readable: tuple[Path, ...]


def installation(python: Path) -> Installation:
    """Follow the links of a Python to what it needs; both a link's names stay visible."""
    hops = list(_hops(python))
    prefix = python.parent.parent
    home = _settings(prefix).get("home")
    base = Path(home).parent if home else hops[-1].parent.parent
    prefixes = [prefix, base, *(hop.parent.parent for hop in hops)]
    named = dict.fromkeys(name for path in prefixes for name in (path, path.resolve()))
    readable = tuple(p for p in named if p.is_absolute() and not too_much(p) and _is_prefix(p))
    return Installation(python, prefix, base, readable)


def environment(folder: Path) -> Installation | None:
    """The environment in this folder, if it is one, has pytest, and asks for nothing strange."""
    python = folder / "bin" / "python"
    if not (folder / "pyvenv.cfg").is_file() or not python.is_file():
        return None
    found = installation(python)
    shown = {folder.resolve(), found.base.resolve()}
    if any(too_much(path) or not any(_libraries(path)) for path in shown):
        return None
    if not re.fullmatch(r"(python|pypy)[\d.]*", python.resolve().name):
        return None
    return found if has_pytest(python) else None


def has_pytest(python: Path) -> bool:
    """Whether pytest is installed for a Python."""
    return any((packages / "pytest").is_dir() for packages in site_packages(python))


def installed(python: Path) -> dict[str, str]:
    """Distributions of a Python's environment with their versions, as their folders say."""
    found: dict[str, str] = {}
    for folder in site_packages(python):
        for entry in sorted(folder.glob("*.dist-info")):
            name, _, version = entry.name.removesuffix(".dist-info").rpartition("-")
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return found


def importable(python: Path) -> frozenset[str]:
    """Top-level names that a Python's environment can import, besides the standard library."""
    names = set()
    for folder in site_packages(python):
        for entry in folder.iterdir():
            name = entry.name.partition(".")[0]
            if name.isidentifier() and (entry.is_dir() or entry.suffix in (".py", ".so")):
                names.add(name)
    return frozenset(names)


def site_packages(python: Path) -> tuple[Path, ...]:
    """The folders in which a Python looks for installed packages."""
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


def editable_roots(python: Path, repo: Path) -> tuple[str, ...]:
    """Directories of a repository that an environment has on its path, relative to it."""
    top = repo.resolve()
    roots: dict[str, None] = {}
    for folder in site_packages(python):
        for path in _editable(folder):
            if path.is_absolute() and path.resolve().is_relative_to(top):
                roots[path.resolve().relative_to(top).as_posix()] = None
    return tuple(roots)


def too_much(path: Path) -> bool:
    """Whether showing this directory would show a whole home, or the whole machine."""
    shown = path.resolve()
    home = Path.home().resolve()
    return home.is_relative_to(shown) or len(shown.parts) < 2


def _editable(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.glob("*.pth")):
        yield from (Path(line) for line in _lines(file) if not line.startswith("import"))
    for file in sorted(folder.glob("__editable__*_finder.py")):
        found = _MAPPING.search("\n".join(_lines(file)))
        try:
            mapping = ast.literal_eval(found[1]) if found else {}
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        yield from (Path(str(place)).parent for place in mapping.values())


def _hops(path: Path) -> Iterator[Path]:
    """A path and every path that its links lead through."""
    yield path
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
        yield path
    yield path.resolve()


def _is_prefix(path: Path) -> bool:
    return path.parts[:2] != ("/", "usr") and any(_libraries(path))


def _libraries(prefix: Path) -> Iterator[Path]:
    for lib in ("lib", "lib64"):
        yield from sorted((prefix / lib).glob("python3*"))
        yield from sorted((prefix / lib).glob("pypy3*"))


def _settings(prefix: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(prefix / "pyvenv.cfg"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
