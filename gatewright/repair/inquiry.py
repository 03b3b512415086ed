"""Asking the driver in the sandbox: commands out, checked answers in."""

import base64
import json
import math
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError

from gatewright.domain.command import Command, Completed
from gatewright.domain.findings import Frozen
from gatewright.repair.mutate import Candidate

INSIDE = Path(__file__).parent / "inside"
FRAME = "GATEWRIGHT-REPAIR "
MOST_BYTES = 64 * 2**20
"""Of an answer, unpacked: the code under test could have written it."""
MOST_IDS = 200
"""Of tests on pytest's command line; beyond, whole files are named."""
HUNG = 0.9
"""Of the time for a test: one that took longer was ended for it."""
GRACE_S = 5.0
"""The driver ends by itself; the sandbox's own timeout comes this much later."""

Run = Callable[[Command], Awaitable[Completed]]
T = TypeVar("T", bound="Answer")


class NoAnswer(Exception):
    """The driver did not come to its end; the text says why, for people."""


class Answer(Frozen):
    """Base: keys that we do not know are left alone."""

    model_config = ConfigDict(extra="ignore")


class Observation(Answer):
    """What the tests came to before anything was changed."""

    tests: dict[str, tuple[str, float]]
    """Outcome and seconds by node id."""
    targets: tuple[str, ...]
    failing: tuple[str, ...]
    """Those of the targets that fail."""
    errors: dict[str, str]
    """What could not be collected, and why."""
    exit: int | None
    """pytest's own code for the targets; None when it did not come to its end."""
    whole: bool
    tail: str
    """The end of what the run of the targets printed."""
    seconds: tuple[float, float]
    """Of the targets, and of the whole suite; traced."""
    modules: tuple[str, ...]
    """Of others, that the tests imported."""
    spectrum: dict[str, dict[int, tuple[int, int]]]
    passing: tuple[str, ...]
    users: dict[str, tuple[int, ...]]
    """By file: which of `passing` ran it."""


class Suite(Answer):
    """Every test with a candidate in place."""

    tests: dict[str, str]
    whole: bool


class Verdicts(Answer):
    """What came of a batch, by the places in it."""

    verdicts: dict[int, str]
    """`passed`, `failed`, `broke` (a test that passed before), `timeout`."""
    checked: dict[int, Suite]
    """The whole suite with the first that passed."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """The driver for one copy of a repository, with a time by which all must be done."""

    run: Run
    root: Path
    python: Path
    readable: tuple[Path, ...]
    roots: tuple[str, ...]
    targets: tuple[str, ...]
    until: float
    """As `time.monotonic()` counts."""
    test_s: float
    """For one test while they are observed; one that takes longer fails."""

    def left_s(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self.until - time.monotonic())

    async def observe(self) -> Observation:
        """Run everything traced.

        Raises: NoAnswer.
        """
        job = {"kind": "observe", "targets": self.targets, "test_s": self.test_s}
        return _checked(Observation, await self._ask(job))

    async def attempt(
        self,
        seen: Observation,
        batch: Sequence[Candidate | None],
        files: Mapping[str, bytes],
        *,
        windows: Sequence[int],
    ) -> Verdicts:
        """Run the failing tests on each of a batch; None is the code as it is.

        When one passes, as many more are run as `windows` says at its place.
        Raises: NoAnswer.
        """
        used = {candidate.path for candidate in batch if candidate is not None}
        job = {
            "kind": "try",
            "targets": self.targets,
            "failing": seen.failing,
            "passing": seen.passing,
            "users": {path: seen.users.get(path, ()) for path in used},
            "preload": seen.modules,
            "files": _packed({path: files[path] for path in used}),
            "candidates": [_as_edit(candidate) for candidate in batch],
            "fail_times": _times(seen.seconds[0], *_failing_s(seen, self.test_s)),
            "keep_times": _times(seen.seconds[1], 0.0, _longest_s(seen)),
            "most_ids": MOST_IDS,
            "launch_s": max(0.1, self.left_s() - 1),
            "windows": windows,
        }
        return _checked(Verdicts, await self._ask(job))

    async def suite(self, candidate: Candidate, data: bytes) -> Suite:
        """Run everything with the candidate in its file.

        Raises: NoAnswer.
        """
        job = {
            "kind": "suite",
            "targets": self.targets,
            "candidate": _as_edit(candidate),
            "files": _packed({candidate.path: data}),
        }
        return _checked(Suite, await self._ask(job))

    async def _ask(self, job: Mapping[str, Any]) -> bytes:
        seconds = self.left_s()
        if seconds <= 0:
            raise NoAnswer("the time is over")
        whole = {**job, "root": str(self.root), "roots": self.roots, "seconds": seconds}
        command = Command(
            argv=(str(self.python), "-s", "-B", str(INSIDE / "driver.py")),
            cwd=self.root,
            timeout_s=seconds + GRACE_S,
            env={"PYTHONHASHSEED": "0"},
            readable=(*self.readable, INSIDE),
            stdin=json.dumps(whole).encode(),
        )
        return _unpacked(await self.run(command))


def _unpacked(done: Completed) -> bytes:
    """Raises: NoAnswer."""
    if done.timed_out:
        raise NoAnswer("the time is over")
    lines = [line for line in done.stdout.splitlines() if line.startswith(FRAME)]
    if not lines:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise NoAnswer(f"the tests could not be run (exit code {done.returncode}): {said}")
    unpack = zlib.decompressobj()
    try:
        packed = base64.b64decode(lines[-1].removeprefix(FRAME), validate=True)
        data = unpack.decompress(packed, MOST_BYTES)
    except (ValueError, zlib.error) as broken:
        raise NoAnswer(f"the answer from the sandbox is damaged: {broken}") from broken
    if unpack.unconsumed_tail:
        raise NoAnswer(f"the answer from the sandbox is larger than {MOST_BYTES} bytes")
    return data


def _checked(kind: type[T], data: bytes) -> T:
    """Raises: NoAnswer."""
    try:
        content = json.loads(data)
        if isinstance(content, dict) and "error" in content:
            raise NoAnswer(str(content["error"]))
        return kind.model_validate(content)
    except (ValueError, ValidationError) as broken:
        raise NoAnswer(f"the answer from the sandbox makes no sense: {broken}") from broken


def _as_edit(candidate: Candidate | None) -> list[Any] | None:
    if candidate is None:
        return None
    return [candidate.path, candidate.start, candidate.end, candidate.new.decode()]


def _packed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(data).decode() for path, data in files.items()}


def _failing_s(seen: Observation, test_s: float) -> tuple[float, float]:
    """Seconds that tests hung in, and those of the longest failing test that did not hang."""
    each = [seen.tests[name][1] for name in seen.failing if name in seen.tests]
    hung = [seconds for seconds in each if seconds > test_s * HUNG]
    return sum(hung), max((seconds for seconds in each if seconds <= test_s * HUNG), default=0.0)


def _longest_s(seen: Observation) -> float:
    return max((seen.tests[name][1] for name in seen.passing if name in seen.tests), default=0.0)


def _times(run_s: float, hung_s: float, test_s: float) -> tuple[float, float, float]:
    """By the clock, of the processor, and of the processor for one test.

    The measures are of traced runs, which are slower than plain ones.
    """
    usual = max(0.0, run_s - hung_s)
    return (6 + 4 * usual, math.ceil(2 + 2 * usual), 0.5 + 2 * test_s)
