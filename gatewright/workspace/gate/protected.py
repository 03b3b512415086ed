"""Whether a changed configuration file still says the same to the checks.

Pure: texts in, answers out.
"""

import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

_TOOLS = ("pytest", "mypy", "ruff", "coverage")
_SECTION = re.compile(r"(tool:)?(pytest|mypy|ruff|coverage)(\b.*)?")


def same_configuration(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether a configuration file says the same to the checks; None is no file.

    In files that many tools share, only the sections of the gate's tools are compared.
    """
    sections = _PARTS.get(PurePosixPath(path).name)
    if sections is None or before == after:
        return before == after
    try:
        return _read(sections, before) == _read(sections, after)
    except (tomllib.TOMLDecodeError, configparser.Error, UnicodeDecodeError):
        return False


def _read(
    sections: Callable[[str], Mapping[str, object]], data: bytes | None
) -> Mapping[str, object]:
    return sections(data.decode("utf-8-sig")) if data is not None else {}


def toml_sections(text: str) -> Mapping[str, object]:
    """The tables of the gate's tools in a `pyproject.toml`.

    Raises: tomllib.TOMLDecodeError.
    """
    tool = tomllib.loads(text).get("tool", {})
    return {name: tool[name] for name in _TOOLS if name in tool}


def ini_sections(text: str) -> Mapping[str, object]:
    """The sections of the gate's tools in a `setup.cfg` or `tox.ini`.

    Raises: configparser.Error.
    """
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return {name: parser.items(name) for name in parser.sections() if _SECTION.fullmatch(name)}


_PARTS: Mapping[str, Callable[[str], Mapping[str, object]]] = {
    "pyproject.toml": toml_sections,
    "setup.cfg": ini_sections,
    "tox.ini": ini_sections,
}
