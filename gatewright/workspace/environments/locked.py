"""What `uv.lock`, `poetry.lock` and `Pipfile.lock` pin, for this machine. Blocks.

A lock file is the repository's word for what its tests pass with, so nothing is resolved anew.
Packages that come from anywhere but an index are left out.
"""

import json
import tomllib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import InvalidMarker, Marker

_MOST_BYTES = 64 * 2**20
_MAIN = ("main", "default")


class Pinned(NamedTuple):
    """A lock file's packages."""

    requirements: tuple[str, ...]
    """`name==version`."""
    file: str


def pinned(repo: Path, *, groups: Collection[str]) -> Pinned | None:
    """The packages of the first lock file, with those of these groups; None without one."""
    readers: dict[str, Callable[[str], Iterator[str]]] = {
        "uv.lock": lambda text: _uv(tomllib.loads(text), groups),
        "poetry.lock": lambda text: _poetry(tomllib.loads(text), groups),
        "Pipfile.lock": lambda text: _pipenv(json.loads(text)),
    }
    for name, read in readers.items():
        try:
            path = repo / name
            if not path.is_file() or path.stat().st_size > _MOST_BYTES:
                continue
            found = tuple(sorted(set(read(path.read_text(encoding="utf-8")))))
        except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
            continue
        if found:
            return Pinned(found, name)
    return None


def _uv(lock: dict[str, Any], groups: Collection[str]) -> Iterator[str]:
    """Walk from the project along the edges that hold here."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in lock["package"]:
        packages.setdefault(package["name"], []).append(package)
    roots = [p for p in lock["package"] if {"editable", "virtual"} & set(p.get("source", {}))]
    edges = [edge for root in roots for edge in _of_project(root, groups)]
    seen: set[tuple[str, str, str]] = set()
    while edges:
        edge = edges.pop()
        if not _holds(edge.get("marker")):
            continue
        for package in packages.get(edge["name"], []):
            if edge.get("version", package.get("version")) != package.get("version"):
                continue
            if not any(_holds(marker) for marker in package.get("resolution-markers", [""])):
                continue
            for extra in ("", *edge.get("extra", ())):
                key = (package["name"], package.get("version", ""), extra)
                if key in seen:
                    continue
                seen.add(key)
                optional = package.get("optional-dependencies", {})
                edges += optional.get(extra, []) if extra else package.get("dependencies", [])
            if "registry" in package.get("source", {}):
                yield f"{package['name']}=={package['version']}"


def _of_project(root: dict[str, Any], groups: Collection[str]) -> Iterator[dict[str, Any]]:
    yield from root.get("dependencies", [])
    for section in ("optional-dependencies", "dev-dependencies"):
        for name, edges in root.get(section, {}).items():
            if name in groups:
                yield from edges


def _poetry(lock: dict[str, Any], groups: Collection[str]) -> Iterator[str]:
    for package in lock["package"]:
        wanted = set(package.get("groups", _MAIN))
        if package.get("optional") or package.get("source") or not wanted & {*_MAIN, *groups}:
            continue
        markers = package.get("markers", "")
        # One marker, or one a group.
        if isinstance(markers, dict):
            named = [markers.get(group, "") for group in wanted & {*_MAIN, *groups}]
            if not any(_holds(marker) for marker in named):
                continue
        elif not _holds(markers):
            continue
        yield f"{package['name']}=={package['version']}"


def _pipenv(lock: dict[str, Any]) -> Iterator[str]:
    for section in ("default", "develop"):
        for name, package in lock.get(section, {}).items():
            version = package.get("version", "")
            if version.startswith("==") and _holds(package.get("markers")):
                yield f"{name}{version}"


def _holds(marker: str | None) -> bool:
    if not marker:
        return True
    try:
        return Marker(marker).evaluate({"extra": ""})
    except InvalidMarker:
        return True
