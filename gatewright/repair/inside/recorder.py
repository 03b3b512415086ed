"""A pytest plugin that writes down what each test came to, one JSON line a test."""

import json
import signal
from collections.abc import Iterator
from types import FrameType
from typing import IO, Any

import pytest

from gatewright.repair.inside.tracer import Tracer

MESSAGE_CHARS = 2000
TAME = {"numprocesses": 0, "dist": "no", "tx": [], "timeout": 0}
"""Options of xdist and pytest-timeout; on the command line they are errors without the plugin."""
AGAIN_S = 0.2
"""An overlong test is interrupted again and again, should it swallow the first time."""


class Overlong(BaseException):
    """A test ran past its time; a BaseException, so that the code under test lets it through."""


class Recorder:
    """Records tests as they end."""

    def __init__(
        self,
        out: IO[bytes],
        *,
        tracer: Tracer | None = None,
        test_s: float = 0.0,
    ) -> None:
        self._out = out
        self._tracer = tracer
        self._test_s = test_s
        self._outcome = ""
        self._seconds = 0.0

    def say(self, **record: Any) -> None:
        """Write one line, at once: the process may be killed at any moment."""
        self._out.write(json.dumps(record).encode() + b"\n")
        self._out.flush()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Iterator[None]:
        """Tame plugins that would start workers or set alarms, where they are in use."""
        for name, value in TAME.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        yield

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that could not be imported."""
        if report.failed:
            self.say(collect=report.nodeid, message=report.longreprtext[-MESSAGE_CHARS:])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self._outcome, self._seconds = "", 0.0
        self.say(start=nodeid)
        if self._test_s:
            signal.signal(signal.SIGALRM, self._overlong)
            signal.setitimer(signal.ITIMER_REAL, self._test_s, AGAIN_S)
        if self._tracer:
            self._tracer.start(nodeid)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """What a fixture of a module or session sets up is there for other tests, too."""
        if self._tracer is None or fixturedef.scope == "function":
            yield
            return
        with self._tracer.shared():
            yield

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One of a test's three phases ended."""
        self._seconds += report.duration
        if report.failed:
            self._outcome = "failed"
        elif report.skipped:
            self._outcome = self._outcome or "skipped"
        elif report.when == "call":
            self._outcome = self._outcome or "passed"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test ended."""
        if self._test_s:
            signal.setitimer(signal.ITIMER_REAL, 0)
        record: dict[str, Any] = {"outcome": self._outcome, "seconds": self._seconds, "lines": []}
        if self._tracer:
            record["lines"] = self._tracer.stop()
            record["seen"] = self._tracer.seen(failed=self._outcome == "failed")
        self.say(test=nodeid, **record)

    def _overlong(self, signum: int, frame: FrameType | None) -> None:
        if self._tracer:
            self._tracer.interrupt()
        raise Overlong("ran past the time that the repair engine gives one test")
