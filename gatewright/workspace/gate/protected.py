"""Whether a changed configuration file still says the same to the checks.

Pure: texts in, answers out.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

_TOOLS = ("pytest", "mypy", "ruff", "coverage", "pyright", "pylint", "flake8", "bandit")
_SECTION = re.compile(rf"(tool:)?({'|'.join(_TOOLS)})(\b.*)?")
_PLUGINS = "pytest11"
"""The entry points that pytest loads."""


class _Ini(configparser.RawConfigParser):
    """Names of options as written: pytest does not know `ADDOPTS`."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def same_configuration(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether a configuration file says the same to the checks; None is no file.

    In files that many tools share, only the sections of the gate's tools are compared.
    """
    sections = _PARTS.get(PurePosixPath(path).name)
    if sections is None or before == after:
        return before == after
    try:
        return _canonical(_read(sections, before)) == _canonical(_read(sections, after))
    except (tomllib.TOMLDecodeError, configparser.Error, UnicodeDecodeError, RecursionError):
        return False


def _canonical(sections: Mapping[str, object]) -> str:
    """As text, for to Python `true` and `1` are equal, which to a tool they are not."""
    return json.dumps(sections, sort_keys=True, default=repr)


def _read(
    sections: Callable[[str], Mapping[str, object]], data: bytes | None
) -> Mapping[str, object]:
    return sections(data.decode("utf-8-sig")) if data is not None else {}


def toml_sections(text: str) -> Mapping[str, object]:
    """The tables of the gate's tools in a `pyproject.toml`.

    Raises: tomllib.TOMLDecodeError.
    """
    whole = tomllib.loads(text)
    tool = _table(whole, "tool")
    found = {name: tool[name] for name in _TOOLS if name in tool}
    for group in (
        _table(_table(whole, "project"), "entry-points"),
        _table(_table(tool, "poetry"), "plugins"),
    ):
        if _PLUGINS in group:
            found[_PLUGINS] = group[_PLUGINS]
    return found


def _table(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def ini_sections(text: str) -> Mapping[str, object]:
    """The sections of the gate's tools in a `setup.cfg` or `tox.ini`.

    Raises: configparser.Error.
    """
    parser = _Ini(strict=False)
    parser.read_string(text)
    found: dict[str, object] = {
        name: parser.items(name) for name in parser.sections() if _SECTION.fullmatch(name)
    }
    plugins = parser.get("options.entry_points", _PLUGINS, fallback=None)
    return found if plugins is None else {**found, _PLUGINS: plugins}


_PARTS: Mapping[str, Callable[[str], Mapping[str, object]]] = {
    "pyproject.toml": toml_sections,
    "setup.cfg": ini_sections,
    "tox.ini": ini_sections,
}
