"""To wait for the writer, which tells nobody but its sinks what it did."""

import threading
import time
from collections.abc import Callable

from gatewright.telemetry.queue import Row


class Told:
    """A sink that can be waited for."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._some = threading.Condition()

    def __call__(self, rows: list[Row]) -> None:
        with self._some:
            self.rows += rows
            self._some.notify_all()

    def wait(self, count: int) -> None:
        with self._some:
            assert self._some.wait_for(lambda: len(self.rows) >= count, 20), self.rows


def until(true: Callable[[], bool]) -> None:
    """What another thread does without telling anybody."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
