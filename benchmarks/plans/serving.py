"""The other side of a `Worker`: reads tasks, runs them, says how long each took.

The standard library and the shapes only: other tools' environments read this too.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.plans.shapes import Shape, Work

_SET_PARENT_DEATH_SIGNAL = 1

Run = Callable[[Shape, dict[str, Any]], dict[str, Any] | None]
"""Runs a shape as the request says; what it returns is told beside the seconds, or instead."""


def serve(begin: Callable[[], tuple[str, Run]]) -> None:
    """`begin` gets ready and returns its version and how to run; then answer until nobody asks."""
    # A stopped process does not see that nobody asks any more.
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What a tool prints is no answer.
    version, run = begin()
    _say(answers, {"version": version})
    for line in sys.stdin:
        asked = json.loads(line)
        works = [Work(name, tuple(after), seconds) for name, after, seconds in asked["works"]]
        shape = Shape(name=asked["name"], works=works)
        gc.collect()
        begun = time.perf_counter()
        try:
            told = run(shape, asked)
        except Exception as error:  # noqa: BLE001  whatever it is, the other side tells people
            _say(answers, {"error": repr(error)[-300:]})
            continue
        _say(answers, {"seconds": time.perf_counter() - begun, **(told or {})})


def _say(answers: Any, what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def perform(asked: dict[str, Any], seconds: float) -> None:
    """Run a step in the cheapest way that Python has. Raises: RuntimeError when it fails."""
    argv = [asked["program"]] if seconds == 0 else ["/bin/sleep", f"{seconds:.4f}"]
    pid = os.posix_spawn(argv[0], argv, os.environ)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError(f"{argv[0]} ended with status {status}")
