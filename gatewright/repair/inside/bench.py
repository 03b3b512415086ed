"""A pytest plugin that runs chosen tests and ends the process with what they came to."""

import os
import signal
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from gatewright.repair.inside.board import Board
from gatewright.repair.inside.recorder import TAME

PASSED, LACKING, FAILED, UNSWAPPABLE, UNDECIDED = 0, 3, 4, 5, 6
"""Exit codes; all others are the code's own under test, and count as failures."""


class Plan(NamedTuple):
    """Tests in the order in which they run."""

    tests: tuple[str, ...]
    """Node ids."""
    limits: tuple[float, ...]
    """Seconds of the processor for each."""
    waits: tuple[float, ...]
    """Seconds by the clock in which each may do nothing but wait."""
    survey: bool = False
    """Go on behind a test that does not pass, and say of each whether it did."""


class Bench:
    """Runs a plan in a process of its own, which then ends."""

    def __init__(self, plan: Plan, board: Board, slot: int) -> None:
        self._plan = plan
        self._board = board
        self._slot = slot
        self._good = False
        self._bad = False

    @pytest.hookimpl(hookwrapper=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Iterator[None]:
        """Tame plugins that would start workers or set alarms, where they are in use."""
        tame(config)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the plan; does not return."""
        self.run(session.items)
        return True

    def run(self, items: Sequence[pytest.Item]) -> None:
        """Run the plan with collected tests; does not return."""
        known = {item.nodeid: item for item in items}
        if not self._plan.survey and not known.keys() >= set(self._plan.tests):
            os._exit(LACKING)
        there = [name for name in self._plan.tests if name in known]
        numbers = {name: number for number, name in enumerate(self._plan.tests)}
        for name, after in zip(there, [*there[1:], None], strict=True):
            number = numbers[name]
            self._good = self._bad = False
            self._board.begin(self._slot, number)
            signal.setitimer(signal.ITIMER_PROF, self._plan.limits[number])
            item = known[name]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=known[after] if after else None)
            if self._good and not self._bad:
                self._board.passed(self._slot, number)
            elif not self._plan.survey:
                os._exit(FAILED)
        self._board.done(self._slot)
        os._exit(PASSED)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: "pytest.CallInfo[None]") -> None:
        """End before the traceback is made up, which takes longer than most tests."""
        if call.excinfo is not None or item.__dict__.get("_excinfo"):  # the latter: of unittest
            self._fail()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One of a test's three phases ended."""
        if report.outcome in ("failed", "skipped"):
            self._fail()
        if report.when == "call" and report.outcome == "passed":
            self._good = True

    def _fail(self) -> None:
        if not self._plan.survey:
            os._exit(FAILED)
        self._bad = True


def tame(config: pytest.Config) -> None:
    """Set options of xdist, pytest-timeout and others that stand in the way."""
    for name, value in {**TAME, "reruns": 0}.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
