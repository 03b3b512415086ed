"""The check `shadowing`: new files that an import finds before what it means.

Also files that Python or pytest run by themselves: `.pth`, `sitecustomize`, entry points.
"""

import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from gatewright.domain.findings import Finding
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.guard import content, tree
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.static.telling import tell

CHECK = "shadowing"

_TOOLS = frozenset({"_pytest", "coverage", "mypy", "pluggy", "py", "pytest", "ruff", "unittest"})
_USUAL = frozenset({"test", "tests"})
"""The standard library has a `test`, which nobody else imports."""
_ROOTS = ("src", "lib")
_PYTHONPATH = re.compile(r"^pythonpath\s*=\s*(\[[^\]]*\]|.*)", re.MULTILINE)
_BY_ITSELF = frozenset({"sitecustomize", "usercustomize"})
_MODULES = (".py", ".pyw", ".so", ".pyd")
_BINARY = (".so", ".pyd", ".pyc", ".pyo", ".egg", ".whl", ".dll", ".dylib")
_METADATA = (".dist-info", ".egg-info")


def shadowing(look: Look) -> list[Finding]:
    """One finding for each new module, package or file of that kind."""
    new = [change for change in look.changes if change.before is None]
    if not new:
        return []
    base = set(tree(look.base))
    paths = base | {change.path for change in new}
    places = _places(paths, {*_ROOTS, *look.roots, *_configured(look.base)})
    taken = (look.modules | sys.stdlib_module_names | _TOOLS) - _USUAL
    told: set[str] = set()
    findings = []
    for change in new:
        for what, finding in _of(change, base=base, paths=paths, places=places, taken=taken):
            if what not in told:
                told.add(what)
                findings.append(finding)
    return findings


def _of(
    change: FileChange,
    *,
    base: Collection[str],
    paths: Collection[str],
    places: Collection[str],
    taken: Collection[str],
) -> Iterator[tuple[str, Finding]]:
    pure = PurePosixPath(change.path)
    if pure.suffix == ".pth" or pure.stem in _BY_ITSELF:
        yield change.path, _told(change.path, "runs-by-itself", "Python runs this at every start")
        return
    folder = next((p for p in pure.parts if p.lower().endswith(_METADATA)), None)
    if folder is not None:
        why = "it tells Python what is installed, and pytest which plugins to load"
        yield folder, _told(change.path, "metadata", why)
        return
    if pure.suffix.lower() in _BINARY:
        yield change.path, _told(change.path, "binary", "nobody can read what it does")
        return
    for place in places:
        name = _imported(change.path, place, paths)
        if name is None or name not in taken or _had(name, place, base):
            continue
        why = f"an import of {name!r} finds this instead of the module that everybody means"
        yield f"{place}/{name}", _told(change.path, "shadows", why)


def _imported(path: str, place: str, paths: Collection[str]) -> str | None:
    """The top-level name by which an import from this place reaches the file.

    A folder without `__init__.py` comes after every real module of its name, and so hides none.
    """
    start = f"{place}/" if place else ""
    if not path.startswith(start) or not path.endswith(_MODULES):
        return None
    first, _, below = path.removeprefix(start).partition("/")
    if not below:
        return first.split(".")[0]
    return first if f"{start}{first}/__init__.py" in paths else None


def _had(name: str, place: str, base: Collection[str]) -> bool:
    start = f"{place}/{name}" if place else name
    return any(
        path.startswith(f"{start}/") or (path.startswith(f"{start}.") and path.endswith(_MODULES))
        for path in base
    )


def _configured(base: Path) -> list[str]:
    """What pytest is told to put on the import path."""
    found: list[str] = []
    for name in ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini"):
        text = (content(base / name) or b"").decode("utf-8-sig", "replace")
        for listed in _PYTHONPATH.findall(text):
            found += [part.strip("./") for part in re.split(r"[\s,\"'\[\]]+", listed)]
    return [place for place in found if place]


def _places(paths: Collection[str], roots: Collection[str]) -> list[str]:
    """Directories from which the tests import: pytest adds those of its files.

    A folder of code without `__init__.py` is a place as well where a test or its support lies in
    it; a package counts with the directory above it.
    """
    packages = {p.rpartition("/")[0] for p in paths if PurePosixPath(p).name == "__init__.py"}
    places = {"", *roots}
    for path in paths:
        name = PurePosixPath(path).name
        if not (name == "conftest.py" or (name.endswith(".py") and _collected(name))):
            continue
        folder = path.rpartition("/")[0]
        while folder in packages and folder:
            folder = folder.rpartition("/")[0]
        places.add(folder)
    return sorted(places)


def _collected(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py")


def _told(path: str, rule: str, why: str) -> Finding:
    return tell(
        CHECK,
        f"{path} is new: {why}. Give it another name, or put it inside a package.",
        file=path,
        rule=rule,
    )
