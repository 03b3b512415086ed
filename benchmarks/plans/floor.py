"""Bare posix_spawn and wait: what the machine takes for a step."""

import os
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

from benchmarks.plans.contestants import Task

_HERE = Path(__file__).parent


class Floor:
    """A contestant that knows no dependencies: it has as many at a time as the shape allows."""

    def __init__(self, folder: Path, *, files: bool = False) -> None:
        """Compiles it into `folder`; without a compiler it is a script of the standard library.

        `files`: each process writes to two new files of its own, as our steps do.
        """
        self.name = "floor_files" if files else "floor"
        self.startup_s = 0.0
        self._outputs = folder / "outputs" if files else None
        self._numbers = count(1)
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            self.version = "python"
            self._argv = [sys.executable, "-I", "-S", str(_HERE / "floor_plain.py")]
            return
        built = folder / "floor"
        subprocess.run([compiler, "-O2", "-o", built, _HERE / "floor.c"], check=True)
        self.version = "c"
        self._argv = [str(built)]

    def seconds(self, task: Task) -> float:
        """Of as many processes as the task has steps."""
        beside = min(task.at_a_time, task.shape.width)
        argv = [*self._argv, task.program, str(len(task.shape.works)), str(beside)]
        if self._outputs:
            outputs = self._outputs / str(next(self._numbers))
            outputs.mkdir(parents=True)
            argv.append(str(outputs))
        done = subprocess.run(argv, env=os.environ, capture_output=True, text=True, check=True)
        return float(done.stdout)

    def close(self) -> None:
        """Nothing is held."""
