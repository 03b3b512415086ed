"""The pytest plugin that says what each test came to, and whether it is to be believed."""

# ruff: noqa: PTH118, UP006, UP035
# The annotations are read by Pythons from 3.8 on.

import os
import sys
from typing import Any, Dict, Iterator, List

import pytest
from _pytest.runner import runtestprotocol

TEXT_LIMIT = 4000
"""Characters of one failure that are written down."""

LINE_LIMIT = 40
HEAD_LINES = 8


class Reporter:
    """Writes records; `choice` says which tests to run, and how (see `run_pytest.py`)."""

    def __init__(self, add: Any, root: str, *, choice: Dict[str, Any]) -> None:
        self._add = add
        self._root = os.path.join(os.path.realpath(root), "")
        self._only = frozenset(choice["only"]) if choice.get("only") is not None else None
        self._reverse = bool(choice.get("reverse"))
        self._twice = frozenset(choice.get("twice") or ())
        self._round = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: List[Any]) -> None:
        """Leave what was not asked for."""
        if self._only is not None:
            items[:] = [item for item in items if item.nodeid in self._only]
        if self._reverse:
            items.reverse()

    def pytest_collectreport(self, report: Any) -> None:
        """A file that could not be collected, or asked to be skipped as a whole."""
        if not report.passed:
            why = self._why(report)
            self._add(
                {"kind": "not_collected", "id": report.nodeid, "outcome": report.outcome, **why}
            )

    def pytest_collection_finish(self, session: Any) -> None:
        """What is going to be run."""
        self._add({"kind": "collected", "ids": [item.nodeid for item in session.items]})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Any:
        """Some tests run twice in a row; with nothing left of the first time but the process."""
        if item.nodeid not in self._twice:
            return None
        for number in (0, 1):
            self._round = number
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            runtestprotocol(item, nextitem=nextitem if number else None)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        self._round = 0
        return True

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Which test is running, for the case that it never ends."""
        self._add({"kind": "begin", "id": nodeid})

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Setup, call and teardown."""
        if report.outcome not in ("passed", "failed", "skipped"):
            return  # a rerun: the last one counts
        record = {
            "kind": "phase",
            "id": report.nodeid,
            "when": report.when,
            "outcome": report.outcome,
            "xfail": hasattr(report, "wasxfail"),
            "round": self._round,
        }
        self._add(record if report.passed else {**record, **self._why(report)})

    def _why(self, report: Any) -> Dict[str, Any]:
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


class Sentry:
    """Looks whether pytest is still itself."""

    def __init__(self, add: Any, *, watch: Any, places: Any, intact: Any, canary: Any) -> None:
        self._add = add
        self._watch = watch
        self._places = places
        self._intact = intact
        self._canary = canary
        self._said: Dict[str, None] = {}

    def pytest_plugin_registered(self, plugin: Any) -> None:
        """Of a module or class that is the repository's, but no test's."""
        module = plugin if hasattr(plugin, "__file__") else None
        code = getattr(getattr(type(plugin), "__init__", None), "__code__", None)
        name = getattr(module, "__file__", None) or getattr(code, "co_filename", None) or ""
        frame = self._places.nearest(_caller())
        if name and self._places.kind(name) == "code":
            self._add({"kind": "suspicious", "event": "a plugin", "file": self._places.path(name)})
        elif frame is not None and self._places.kind(frame.f_code.co_filename) == "code":
            self._watch.note("a plugin", frame)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtestloop(self, session: Any) -> Iterator[None]:
        """Before the first test and after the last."""
        self._look(everything=True)
        self._canaries(session, "first")
        yield
        self._canaries(session, "last")
        self._look(everything=True)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, call: Any) -> Iterator[None]:
        """While the outcome is made of what the test did."""
        if call.when == "call":
            self._look()
        yield

    def _look(self, *, everything: bool = False) -> None:
        for name in self._intact.altered(everything=everything):
            if name not in self._said:
                self._said[name] = None
                self._add({"kind": "altered", "name": name})

    def _canaries(self, session: Any, when: str) -> None:
        if session.config.option.collectonly:
            return
        try:
            outcomes = self._canary(session)
        except Exception as error:  # noqa: BLE001 - whatever somebody else's plugin makes of them
            outcomes = [f"broken: {error!r}"[:200]]
        self._add({"kind": "canary", "when": when, "outcomes": outcomes})


def _caller() -> Any:
    return sys._getframe(2)


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
