"""Who is measured, and how they are asked."""

import contextlib
import json
import os
import select
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, Protocol

from benchmarks.plans.environments import PeerUnavailable, call
from benchmarks.plans.shapes import Shape, chain

_STARTS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What all are to do: run the steps of a shape, so many at a time."""

    shape: Shape
    at_a_time: int
    program: str
    """What a step without a length runs, without arguments."""
    timeout_s: float = 600.0

    def argv(self, seconds: float) -> list[str]:
        """The command of a step of this length."""
        return [self.program] if seconds == 0 else ["/bin/sleep", f"{seconds:.4f}"]


class Contestant(Protocol):
    """Something that runs graphs of steps."""

    name: str
    version: str
    startup_s: float
    """Before the first step can begin; no part of `seconds`."""

    def seconds(self, task: Task) -> float:
        """Of one run. Raises: PeerUnavailable."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


class Worker:
    """A process that runs tasks when asked, by lines of JSON; it is stopped between its turns."""

    def __init__(self, name: str, argv: Sequence[str], *, env: Mapping[str, str]) -> None:
        """Starts it and waits until it is ready. Raises: PeerUnavailable."""
        self.name = name
        begun = time.perf_counter()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  a pipe that nobody reads would fill
        self._process = subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            start_new_session=True,
        )
        try:
            ready = self._answer(240.0)
        except PeerUnavailable:
            self.close()
            raise
        self.startup_s = time.perf_counter() - begun
        self.version = str(ready.get("version", ""))
        self.last: dict[str, Any] = ready
        """All that it said the last time."""
        self._signal(signal.SIGSTOP)

    def seconds(self, task: Task) -> float:
        """As the worker itself measured it."""
        asked = {
            "works": [list(work) for work in task.shape.works],
            "name": task.shape.name,
            "at_a_time": task.at_a_time,
            "program": task.program,
            "timeout_s": task.timeout_s,
        }
        if self._process.returncode is not None:
            raise PeerUnavailable(f"{self.name} ended at an earlier task")
        self._signal(signal.SIGCONT)
        try:
            _pipe(self._process.stdin).write(json.dumps(asked) + "\n")
            _pipe(self._process.stdin).flush()
            self.last = self._answer(task.timeout_s)
        except BrokenPipeError:
            raise self._gone() from None
        finally:
            self._signal(signal.SIGSTOP)
        if error := self.last.get("error"):
            raise PeerUnavailable(f"{self.name}: {error}")
        return float(self.last["seconds"])

    def close(self) -> None:
        """Kill it and its session."""
        self._kill()
        self._said.close()

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                _pipe(stream).close()

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        answers = _pipe(self._process.stdout)
        if not select.select([answers], [], [], timeout_s)[0]:
            self._kill()  # Its answer would come in the turn of another task.
            raise PeerUnavailable(f"{self.name} took more than {timeout_s:g} s")
        line = answers.readline()
        if not line:
            raise self._gone()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _gone(self) -> PeerUnavailable:
        self._kill()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        last = said.splitlines()[-1][-300:] if said else ""
        return PeerUnavailable(f"{self.name} ended; the last that it said: {last!r}")

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


class Command:
    """A program that reads a file of ours and runs it; its start-up is that of a run of one step.

    `write` writes what it reads into an empty folder and returns the command.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[Path, Task], list[str]],
        *,
        version: str,
        folder: Path,
        env: Mapping[str, str],
        program: str,
    ) -> None:
        """Measures the start-up. Raises: PeerUnavailable."""
        self.name, self.version = name, version
        self.startup_s = 0.0
        self._numbers = count(1)
        self._write, self._env, self._folder = write, env, folder / name
        one = Task(shape=chain(1), at_a_time=1, program=program, timeout_s=120)
        self.startup_s = statistics.median(self.whole(one) for _ in range(_STARTS))

    def seconds(self, task: Task) -> float:
        """Of the whole process, less its start-up."""
        return max(self.whole(task) - self.startup_s, 0.0)

    def whole(self, task: Task) -> float:
        """Of the whole process."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir(parents=True)
        argv = self._write(folder, task)
        begun = time.perf_counter()
        call(argv, env=self._env, cwd=folder, timeout_s=task.timeout_s)
        return time.perf_counter() - begun

    def close(self) -> None:
        """Nothing is held."""
