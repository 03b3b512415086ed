"""What a repository says that it depends on, read without running anything of it.

Only names with versions are taken. A line that names an address, a folder or an option could have
foreign code built or foreign indexes asked outside of the sandbox: it is left out, and told.
Blocks on the file system.
"""

import configparser
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from gatewright.workspace.environments.locked import pinned

_FILES = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements-tests.txt",
    "requirements_dev.txt",
    "requirements_test.txt",
    "dev-requirements.txt",
    "test-requirements.txt",
    "requirements/base.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
)
GROUPS = ("test", "tests", "testing", "dev")
"""Names of extras and dependency groups that bring what the tests need."""

_MOST_BYTES = 4 * 2**20
_MOST_NESTED = 20


class Declared(NamedTuple):
    """The dependencies of a repository."""

    requirements: tuple[str, ...] = ()
    """PEP 508, names and versions only."""
    constraints: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Where they are written, relative to the repository."""
    left_out: tuple[str, ...] = ()
    """Lines that are not followed."""
    python: str = ""
    """The versions of Python that it asks for, as it writes them."""


def declared(repo: Path) -> Declared:
    """A lock file's pins, else the requirement files and the project's own metadata."""
    project = _toml(repo / "pyproject.toml")
    python = _table(project.get("project")).get("requires-python")
    known = pinned(repo, groups=GROUPS)
    if known is not None:
        found = Declared(requirements=known.requirements, files=(known.file,))
    else:
        found = _joined([*_requirement_files(repo), *_metadata(repo, project)])
    return found._replace(python=python if isinstance(python, str) else "")


def _requirement_files(repo: Path) -> Iterator[Declared]:
    for name in _FILES:
        if (repo / name).is_file():
            yield _requirement_file(repo, name, set())._replace(files=(name,))


def _requirement_file(repo: Path, name: str, seen: set[str]) -> Declared:
    """One file with those that it includes, as long as they lie in the repository."""
    top = repo.resolve()
    path = (repo / name).resolve()
    if name in seen or len(seen) >= _MOST_NESTED or not path.is_relative_to(top):
        return Declared(left_out=() if name in seen else (name,))
    seen.add(name)
    parts: list[Declared] = []
    for line in _logical_lines(_text(path)):
        nested = re.fullmatch(r"(?:(-r|--requirement)|-c|--constraint)[ =]*(\S+)", line)
        if nested is None:
            parts.append(_plain([line]))
            continue
        inner = Path(name).parent / nested[2]
        part = _requirement_file(repo, inner.as_posix(), seen)
        if nested[1] is None:
            part = part._replace(requirements=(), constraints=part.requirements)
        parts.append(part)
    return _joined(parts)


def _metadata(repo: Path, project: dict[str, Any]) -> Iterator[Declared]:
    section = _table(project.get("project"))
    extras = _table(section.get("optional-dependencies"))
    groups = _table(project.get("dependency-groups"))
    lines = [
        *_list(section.get("dependencies")),
        *(line for name in GROUPS for line in _list(extras.get(name))),
        *(line for name in GROUPS for line in _group(groups, name, ())),
    ]
    own = section.get("name")
    if lines:
        yield _plain(lines, own=own if isinstance(own, str) else "")._replace(
            files=("pyproject.toml",)
        )
    config = _ini(repo / "setup.cfg")
    lines = config.get("options", "install_requires", fallback="").splitlines()
    for name in GROUPS:
        lines += config.get("options.extras_require", name, fallback="").splitlines()
    if any(lines):
        yield _plain(lines)._replace(files=("setup.cfg",))


def _group(groups: dict[str, Any], name: str, above: tuple[str, ...]) -> Iterator[str]:
    """A dependency group (PEP 735) with the groups that it includes."""
    if name in above or len(above) >= _MOST_NESTED:
        return
    entries = groups.get(name)
    for entry in entries if isinstance(entries, list) else []:
        inner = _table(entry).get("include-group")
        if isinstance(entry, str):
            yield entry
        elif isinstance(inner, str):
            yield from _group(groups, inner, (*above, name))


def _plain(lines: Iterable[str], *, own: str = "") -> Declared:
    """Those lines that are names with versions; the project itself is on the path anyway."""
    taken, left_out = [], []
    for line in (each.strip() for each in lines):
        try:
            requirement = Requirement(line.partition(" --hash=")[0]) if line else None
        except InvalidRequirement:
            if not re.fullmatch(r"(-e|--editable)[ =]*\.(\[[^]]*\])?", line):
                left_out.append(line)
            continue
        if requirement is None or requirement.name == own:
            continue
        if requirement.url is None:
            taken.append(str(requirement))
        else:
            left_out.append(line)
    return Declared(requirements=tuple(taken), left_out=tuple(left_out))


def _joined(parts: Iterable[Declared]) -> Declared:
    parts = list(parts)

    def all_of(field: Callable[[Declared], tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for part in parts for value in field(part)))

    return Declared(
        requirements=all_of(lambda part: part.requirements),
        constraints=all_of(lambda part: part.constraints),
        files=all_of(lambda part: part.files),
        left_out=all_of(lambda part: part.left_out),
    )


def _logical_lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        plain = re.sub(r"(^|\s)#.*$", "", line).strip()
        if plain:
            yield plain


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES or not path.is_file():
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except (ValueError, RecursionError):
        return {}


def _ini(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_text(path))
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
