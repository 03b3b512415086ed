"""The manifests of Python projects. Pure; each raises `Unread` for what is not of its format."""

import configparser
from collections.abc import Mapping

from gatewright.workspace.gate.static.requirements import (
    Requirements,
    Unread,
    add,
    listed,
    table,
    text_of,
    toml,
)


def pyproject(text: str) -> Requirements:
    """Every table of a `pyproject.toml` that asks for packages, or says whence they come."""
    data = toml(text)
    project, tool = table(data, "project"), table(data, "tool")
    found: dict[str, str] = {}
    add(found, "dependencies", project.get("dependencies"))
    for name, group in table(project, "optional-dependencies").items():
        add(found, f"optional-dependencies.{name}", group)
    for name, group in table(data, "dependency-groups").items():
        add(found, f"dependency-groups.{name}", group)
    build = table(data, "build-system")
    add(found, "build-system", build.get("requires"))
    for key in ("build-backend", "backend-path"):
        if key in build:
            found[f"build-system: {key}"] = text_of(build[key])
    for name, keys in _TOOL_TABLES.items():
        settings = table(tool, name)
        for key in keys:
            add(found, f"{name}.{key}", settings.get(key))
    environments = table(table(tool, "hatch"), "envs")
    for name in environments:
        for key in ("dependencies", "extra-dependencies"):
            add(found, f"hatch.envs.{name}", table(environments, name).get(key))
    dynamic = table(table(table(tool, "setuptools"), "dynamic"), "dependencies")
    add(found, "setuptools.dynamic", dict(dynamic) or None)
    return found


_TOOL_TABLES: Mapping[str, tuple[str, ...]] = {
    "poetry": ("dependencies", "dev-dependencies", "group", "source", "extras"),
    "uv": (
        "sources",
        "index",
        "index-url",
        "extra-index-url",
        "find-links",
        "dev-dependencies",
        "constraint-dependencies",
        "override-dependencies",
    ),
    "pdm": ("dev-dependencies", "source", "resolution"),
}


def setup_cfg(text: str) -> Requirements:
    """`install_requires`, extras and what else a `setup.cfg` asks for."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Unread(str(error)) from error
    found: dict[str, str] = {}
    for key in ("install_requires", "setup_requires", "tests_require", "dependency_links"):
        for name, version in listed(parser.get("options", key, fallback="")).items():
            found[f"{key}: {name}"] = version
    if parser.has_section("options.extras_require"):
        for extra, value in parser.items("options.extras_require"):
            for name, version in listed(value or "").items():
                found[f"extras_require.{extra}: {name}"] = version
    return found


def pipfile(text: str) -> Requirements:
    """Every table of a `Pipfile` but its scripts."""
    data = toml(text)
    found: dict[str, str] = {}
    for place, value in data.items():
        if place != "scripts":
            add(found, place, value)
    return found
