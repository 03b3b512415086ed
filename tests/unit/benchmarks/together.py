"""Many small projects' tests in one pytest, each with its own modules; a script for a subprocess.

`python together.py FOLDER FIRST-ONLY` where FOLDER holds a project a folder; the last line is one
JSON object: by project how many tests passed, failed, and could not be collected. With FIRST-ONLY
`yes` a project's tests are left out once one has failed.
"""

import json
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

TEST_CPU_S = 0.4
"""For one test; a mistake may make a loop endless."""


class Hung(BaseException):
    """A test took too long; nothing that the programs catch."""


class Together:
    """Gives every project the modules of its own, and counts."""

    def __init__(self, folder: Path, *, first_only: bool) -> None:
        self.folder = folder
        self.first_only = first_only
        self.counts: dict[str, dict[str, int]] = {}
        self._current = ""
        self._paths: list[str] = []

    def project(self, path: Path) -> str:
        """The name of the project that a path lies in; empty for the folder of all."""
        if path == self.folder or self.folder not in path.parents:
            return ""
        return path.relative_to(self.folder).parts[0]

    def count(self, project: str, what: str) -> None:
        known = self.counts.setdefault(project, {"passed": 0, "failed": 0, "errors": 0})
        known[what] += 1

    def enter(self, project: str) -> None:
        """Forget the modules of the last project, and import from this one."""
        if project in {"", self._current}:
            return
        self._current = project
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None) or ""
            if file.startswith(str(self.folder)):
                del sys.modules[name]
        for path in self._paths:
            sys.path.remove(path)
        root = self.folder / project
        self._paths = [str(root), str(root / "src")]
        sys.path[:0] = self._paths

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        project = self.project(collector.path)
        self.enter(project)
        report = yield
        if report.failed:
            self.count(project, "errors")
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        signal.setitimer(signal.ITIMER_PROF, TEST_CPU_S)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        known = self.counts.get(self.project(item.path))
        if self.first_only and known is not None and known["failed"]:
            pytest.skip("one has failed already")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        project = report.nodeid.partition("/")[0]
        if report.failed:
            self.count(project, "failed")
        elif report.passed and report.when == "call":
            self.count(project, "passed")


def _hung(number: int, frame: object) -> None:
    raise Hung


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    os.chdir(folder)
    signal.signal(signal.SIGPROF, _hung)
    together = Together(folder, first_only=sys.argv[2] == "yes")
    options = "-q --tb=no --no-summary --assert=plain --import-mode=importlib -p no:cacheprovider"
    where = ["-c", os.devnull, "--rootdir", str(folder), str(folder)]
    pytest.main([*options.split(), *where], plugins=[together])
    print(json.dumps(together.counts))


if __name__ == "__main__":
    main()
