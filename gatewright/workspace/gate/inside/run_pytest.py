"""Run pytest and write down, line by line, what each test came to; for pytest 7 and later.

    python -s run_pytest.py REPORT ROOT OPTIONS

OPTIONS is JSON: `paths` (relative to ROOT, put on the import path in this order) and `args`.
This file runs under the repository's Python, which may be older than ours, and knows nothing of
Gatewright. It is started as a script, so that neither ROOT nor its site hooks are on the import
path before pytest has been imported from the environment: a `pytest.py` in ROOT is not run.

The first line of stdin is a token that every record repeats. The code under test runs in this
process too; the token keeps it from writing records by merely knowing the file, not from taking
pytest apart. What the records say must also be complete: each collected test's three phases, and
`end` after pytest has returned.
"""

# ruff: noqa: PTH100, PTH118, PTH120, PLC0415
# As few modules as can be before pytest, and pytest itself only once the path is clean.

import importlib.util
import json
import os
import sys
from typing import Any

TEXT_LIMIT = 4000
"""Characters of one failure that are written down."""

LINE_LIMIT = 40
HEAD_LINES = 8


class Journal:
    """Appends records; nothing is kept back in memory when the process is ended."""

    def __init__(self, path: str, token: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._token = token
        self._pid = os.getpid()
        self._number = 0
        # Kept, because the code under test may replace them.
        self._write = os.write
        self._dumps = json.dumps
        self._getpid = os.getpid

    def add(self, kind: str, **fields: Any) -> None:
        """Write one record; a forked copy of this process writes none."""
        if self._getpid() != self._pid:
            return
        record = dict(fields, kind=kind, n=self._number, token=self._token)
        self._number += 1
        data = (self._dumps(record) + "\n").encode()
        while data:
            data = data[self._write(self._file, data) :]


class Reporter:
    """A pytest plugin."""

    def __init__(self, journal: Journal, root: str) -> None:
        self._journal = journal
        self._root = os.path.join(os.path.realpath(root), "")

    def pytest_collectreport(self, report: Any) -> None:
        """A file that could not be collected, or asked to be skipped as a whole."""
        if not report.passed:
            self._journal.add(
                "not_collected", id=report.nodeid, outcome=report.outcome, **self._why(report)
            )

    def pytest_collection_finish(self, session: Any) -> None:
        """What is going to be run."""
        self._journal.add("collected", ids=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Which test is running, for the case that it never ends."""
        self._journal.add("begin", id=nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Setup, call and teardown."""
        if report.outcome not in ("passed", "failed", "skipped"):
            return  # a rerun: the last one counts
        self._journal.add(
            "phase",
            id=report.nodeid,
            when=report.when,
            outcome=report.outcome,
            xfail=hasattr(report, "wasxfail"),
            **({} if report.passed else self._why(report)),
        )

    def _why(self, report: Any) -> Any:
        longrepr = report.longrepr
        if isinstance(longrepr, tuple):  # a skip: path, line, reason
            return {"message": shorten(str(longrepr[2])), "file": None, "line": None}
        text = (getattr(report, "longreprtext", None) or str(longrepr or "")).strip()
        file, line = self._place(longrepr)
        return {"message": shorten(text), "file": file, "line": line}

    def _place(self, longrepr: Any) -> Any:
        """The last line of the traceback that is in the repository."""
        traceback = getattr(longrepr, "reprtraceback", None)
        for entry in reversed(getattr(traceback, "reprentries", None) or []):
            location = getattr(entry, "reprfileloc", None)
            if location is None:
                continue
            path = os.path.realpath(os.path.join(self._root, str(location.path)))
            if path.startswith(self._root) and "site-packages" not in path:
                return path[len(self._root) :].replace(os.sep, "/"), location.lineno
        return None, None


def shorten(text: str) -> str:
    """The first lines say where, the last lines say what. Half characters are spelt out."""
    lines = text.encode("utf-8", "backslashreplace").decode().splitlines()
    if len(lines) > LINE_LIMIT:
        tail = LINE_LIMIT - HEAD_LINES - 1
        note = f"... {len(lines) - HEAD_LINES - tail} lines left out ..."
        lines = [*lines[:HEAD_LINES], note, *lines[-tail:]]
    text = "\n".join(lines)
    if len(text) <= TEXT_LIMIT:
        return text
    head = TEXT_LIMIT // 4
    return text[:head] + "\n...\n" + text[head + 5 - TEXT_LIMIT :]


def main(report: str, root: str, options: str) -> None:
    """Run pytest in ROOT, which is the working directory, and exit with its code."""
    journal = Journal(report, _first_line_of_stdin())
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path and os.path.abspath(path) != here]
    import pytest

    settings = json.loads(options)
    args = [*settings["args"], *_comparable()]
    paths = [os.path.normpath(os.path.join(root, path)) for path in settings["paths"]]
    sys.path[:0] = paths
    # For the processes that tests start: as in an activated environment, with the same imports.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path != root)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    sys.argv = ["pytest", *args]
    journal.add("start", version=pytest.__version__)
    code = int(pytest.main(args, plugins=[Reporter(journal, root)]))
    journal.add("end", exit=code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that a test left behind would keep us here


def _comparable() -> Any:
    """Workers report by a process that does not collect; random orders compare badly."""
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return []
    plugins = {"xdist": "-n0", "pytest_randomly": "--randomly-seed=0"}
    return [arg for name, arg in plugins.items() if importlib.util.find_spec(name)]


def _first_line_of_stdin() -> str:
    token = sys.stdin.readline().strip()
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return token


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
