"""Run pytest and write down, line by line, what each test came to; for pytest 7 and later.

    python -s run_pytest.py REPORT ROOT < JSON

The JSON on stdin has `token` (the first key of the report, see `journal.py`), `paths` (relative to
ROOT, put on the import path in this order) and `args`; and it may have `only` (node ids),
`reverse`, `twice` (node ids to run two times in a row), `measure` (files whose lines are watched)
and `blocked` (folders of metadata that may bring no plugins).

This file runs under the repository's Python, which may be older than ours, and knows nothing of
Gatewright. It is started as a script, so that neither ROOT nor its site hooks are on the import
path before pytest has been imported from the environment: a `pytest.py` in ROOT is not run. The
code under test runs in this process too. It may try to change what is reported: what that takes is
noted in the report (`watch.py`, `intact.py`, `canary.py`), and what the report says must be
complete: each collected test's three phases, and `end` after pytest has returned.
"""

# ruff: noqa: UP006, UP035
# The annotations are read by Pythons from 3.8 on.

# ruff: noqa: PTH100, PTH118, PTH120, PLC0415
# As few modules as can be before pytest, and pytest itself only once the path is clean.

import configparser
import importlib.util
import json
import os
import sys
from typing import Any, Dict, List

_HERE = os.path.dirname(os.path.abspath(__file__))


def main(report: str, root: str) -> None:
    """Run pytest in ROOT, which is the working directory, and exit with its code."""
    settings = _settings()
    sys.path[:] = [path for path in sys.path if path and os.path.abspath(path) != _HERE]
    import pytest

    measure = sibling("measure").Measure([os.path.join(root, f) for f in settings["measure"]])
    place, watching, reporting = sibling("place"), sibling("watch"), sibling("reporter")
    places = place.Places(root)
    doubt = watching.doubt(places)
    add = sibling("journal").start(report, settings.pop("token"), doubt=doubt)
    watch = watching.Watch(add, places, report)
    canary = sibling("canary").outcomes
    args = [*settings["args"], *_comparable(), *_blocked(root, settings["blocked"])]
    _set_up(root, settings["paths"], args)
    add({"kind": "start", "version": pytest.__version__, "measured": measure.possible})
    plugins = [
        reporting.Reporter(add, root, choice=settings),
        reporting.Sentry(
            add, watch=watch, places=places, intact=sibling("intact").Intact(places), canary=canary
        ),
    ]
    watch.install()
    code = int(pytest.main(args, plugins=plugins))
    for file, statements, missing in measure.lines():
        path = places.path(os.path.realpath(file))
        add({"kind": "lines", "file": path, "statements": statements, "missing": missing})
    add({"kind": "end", "exit": code})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that a test left behind would keep us here


def sibling(name: str) -> Any:
    """A module that lies beside this one and is not to be found by its name."""
    spec = importlib.util.spec_from_file_location(name, os.path.join(_HERE, f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _settings() -> Dict[str, Any]:
    with os.fdopen(os.dup(0), "rb") as stdin:
        settings: Dict[str, Any] = json.loads(stdin.read())
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return settings


def _set_up(root: str, folders: List[str], args: List[str]) -> None:
    paths = [os.path.normpath(os.path.join(root, folder)) for folder in folders]
    sys.path[:0] = paths
    # For the processes that tests start: as in an activated environment, with the same imports.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path != root)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    sys.argv = ["pytest", *args]


def _comparable() -> List[str]:
    """Workers report by a process that does not collect; random orders compare badly."""
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return []
    plugins = {"xdist": "-n0", "pytest_randomly": "--randomly-seed=0", "pytest_cov": "--no-cov"}
    return [arg for name, arg in plugins.items() if importlib.util.find_spec(name)]


def _blocked(root: str, folders: List[str]) -> List[str]:
    """Options against the plugins that metadata in the repository would bring."""
    words: List[str] = []
    for folder in folders:
        parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
        try:
            parser.read(os.path.join(root, folder, "entry_points.txt"), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        if parser.has_section("pytest11"):
            words += [word for name in parser.options("pytest11") for word in ("-p", f"no:{name}")]
    return words


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
