"""Which files of a repository say what its checks mean, and so are not the change's to alter.

Pure: paths and texts in, answers out.
"""

import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

_WHOLE = {
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "mypy.ini",
    ".mypy.ini",
    "ruff.toml",
    ".ruff.toml",
    ".coveragerc",
    "sitecustomize.py",
    "usercustomize.py",
}
"""Files that are nothing but configuration, or code that runs before the tests."""

_CACHE = ".pytest_cache"
"""Where pytest would look up which tests failed last, to run those alone."""

_TOOLS = ("pytest", "mypy", "ruff", "coverage")
_SECTION = re.compile(r"(tool:)?(pytest|mypy|ruff|coverage)(\b.*)?")


def is_test(path: str) -> bool:
    """Whether pytest would take this file for a test or its support, by name and place."""
    pure = PurePosixPath(path)
    if pure.name == "conftest.py" or re.fullmatch(r"(test_.*|.*_test)\.py", pure.name):
        return True
    return any(part in ("tests", "test") for part in pure.parts[:-1])


def is_configuration(path: str) -> bool:
    """Whether a check reads its settings here, or Python runs this by itself or for a source."""
    pure = PurePosixPath(path)
    if pure.suffix in (".pth", ".pyc") or _CACHE in pure.parts:
        return True
    return pure.name in _WHOLE or pure.name in _PARTS


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
