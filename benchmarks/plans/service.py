"""Runs shapes by the Python API: the fixed graph with its checkpoints, the run store, telemetry.

    python -m benchmarks.plans.service graph FOLDER

A worker that `contestants.Worker` asks.
"""

import json
import statistics
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.plans.memory import high_water, memory
from benchmarks.plans.serving import Run, serve
from benchmarks.plans.shapes import Shape, chain, plan_of
from gatewright.orchestration.plans import Plans

_STARTS = 5


class Service:
    """As a program uses it that runs one plan after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._plans: Plans
        self._begin_s = 0.0

    def open(self) -> None:
        """Ready; what every run takes, however small, is known afterwards."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._plans = Plans(home=self._folder / "home")
        self._plans.__enter__()
        one = {"program": "/bin/true", "at_a_time": 1}
        self.run(chain(1), one)
        self._begin_s = statistics.median(self._whole(chain(1), one) for _ in range(_STARTS))

    def close(self) -> None:
        """End what runs."""
        self._plans.__exit__(None, None, None)

    def run(self, shape: Shape, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Seconds, less those of a run of one step. Raises: RuntimeError when it failed."""
        before = high_water()
        cpu = time.process_time()
        seconds = self._whole(shape, asked)
        told = {
            "seconds": max(seconds - self._begin_s, 0.0),
            "begin_s": self._begin_s,
            "cpu_s": time.process_time() - cpu,
        }
        return told | memory(before)

    def _whole(self, shape: Shape, asked: Mapping[str, Any]) -> float:
        plan = plan_of(shape, program=asked["program"], at_a_time=asked["at_a_time"])
        file = self._folder / f"{next(self._numbers)}.json"
        file.write_text(json.dumps(plan), "utf-8")
        begun = time.perf_counter()
        run = self._plans.run(file)
        seconds = time.perf_counter() - begun
        if run.status != "succeeded":
            raise RuntimeError(f"{run.status}: {run.reason}")
        return seconds


def begin() -> tuple[str, Run]:
    """Open it, and run a step some times."""
    service = Service(Path(sys.argv[2]))
    service.open()
    return "", service.run


if __name__ == "__main__":
    serve(begin)
