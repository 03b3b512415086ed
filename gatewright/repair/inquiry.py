"""Asking the driver in the sandbox: commands out, checked answers in."""

import asyncio
import base64
import json
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from gatewright.domain.command import Command, Completed
from gatewright.repair.answers import Answer, Call, Observation, Suite, Verdicts
from gatewright.repair.patch import Patch
from gatewright.repair.witnesses import Witnesses, failing_limit, hung_s, is_hung, passing_limits

__all__ = ("Answer", "Call", "Driver", "NoAnswer", "Observation", "Run", "Suite", "Verdicts")
"""The answers are told here, too: who asks need not know where they are written down."""

INSIDE = Path(__file__).parent / "inside"
FRAME = "GATEWRIGHT-REPAIR "
MOST_BYTES = 64 * 2**20
"""Of an answer, unpacked: the code under test could have written it."""
GRACE_S = 5.0
"""The driver ends by itself; the sandbox's own timeout comes this much later."""

LEAST_START_S = 2.0
START_TIMES = 2.0
"""Of the processor, for what comes before the tests; the usual is that of a traced run."""
LEAST_WALL_S = 6.0
WALL_TIMES = 4.0
"""By the clock, for all of one patch."""
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    # Threads of these libraries would stand in the way of forking.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

Run = Callable[[Command], Awaitable[Completed]]
T = TypeVar("T", bound=Answer)


class NoAnswer(Exception):
    """The driver did not come to its end; the text says why, for people."""


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
        return checked(Observation, await self.ask(job))

    async def attempt(
        self,
        seen: Observation,
        batch: Sequence[Patch | None],
        files: Mapping[str, bytes],
        *,
        more: int,
        seconds: float,
    ) -> Verdicts:
        """Run each of a batch against the failing tests, then against those it may break.

        None is the code as it is. No further one is begun when `seconds` are over, nor more than
        `more` places of the batch behind the first that passed.
        Raises: NoAnswer.
        """
        job = await asyncio.to_thread(self._job, seen, batch, files)
        limits = {"launch_s": max(0.1, min(seconds, self.left_s() - 1)), "more": more}
        return checked(Verdicts, await self.ask({**job, **limits}))

    def _job(
        self, seen: Observation, batch: Sequence[Patch | None], files: Mapping[str, bytes]
    ) -> Mapping[str, Any]:
        used = {path for patch in batch if patch is not None for path in patch.paths}
        witnesses = Witnesses(seen, files)
        keeps: dict[tuple[int, ...], int] = {}
        keep_of = [
            keeps.setdefault(witnesses.of(patch) if patch else (), len(keeps)) for patch in batch
        ]
        usual_s = max(0.0, seen.seconds[0] - hung_s(seen, self.test_s))
        return {
            "kind": "try",
            # Those that never end come last: most patches fail before.
            "failing": sorted(seen.failing, key=lambda name: is_hung(seen, name, self.test_s)),
            "passing": seen.passing,
            "keeps": list(keeps),
            "keep_of": keep_of,
            "limits": {
                "failing": failing_limit(seen, self.test_s),
                "passing": passing_limits(seen),
            },
            "preload": seen.modules,
            "files": _packed({path: files[path] for path in used}),
            "patches": [_as_edits(patch) for patch in batch],
            "start_s": LEAST_START_S + START_TIMES * usual_s,
            "wall_s": LEAST_WALL_S + WALL_TIMES * usual_s,
        }

    async def suite(self, patch: Patch, files: Mapping[str, bytes]) -> Suite:
        """Run everything with a patch in its files.

        Raises: NoAnswer.
        """
        job = {
            "kind": "suite",
            "targets": self.targets,
            "patch": _as_edits(patch),
            "files": _packed({path: files[path] for path in patch.paths}),
        }
        return checked(Suite, await self.ask(job))

    async def ask(self, job: Mapping[str, Any]) -> bytes:
        """The driver's answer to one job; `checked` reads it.

        Raises: NoAnswer.
        """
        seconds = self.left_s()
        if seconds <= 0:
            raise NoAnswer("the time is over")
        whole = {**job, "root": str(self.root), "roots": self.roots, "seconds": seconds}
        command = Command(
            argv=(str(self.python), "-s", "-B", str(INSIDE / "driver.py")),
            cwd=self.root,
            timeout_s=seconds + GRACE_S,
            env=ENVIRONMENT,
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


def checked(kind: type[T], data: bytes) -> T:
    """An answer as a record.

    Raises: NoAnswer.
    """
    try:
        content = json.loads(data)
        if isinstance(content, dict) and "error" in content:
            raise NoAnswer(str(content["error"]))
        return kind.model_validate(content)
    except (ValueError, ValidationError) as broken:
        raise NoAnswer(f"the answer from the sandbox makes no sense: {broken}") from broken


def _as_edits(patch: Patch | None) -> list[list[Any]] | None:
    if patch is None:
        return None
    return [[edit.path, edit.start, edit.end, edit.new.decode()] for edit in patch.edits]


def _packed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(data).decode() for path, data in files.items()}
