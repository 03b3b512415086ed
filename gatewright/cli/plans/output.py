"""What a step wrote, on its way to where a person reads it."""

import asyncio
import codecs
import sys
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from gatewright.cli.guard import print_json
from gatewright.cli.plans.tail import Tail, end_of
from gatewright.domain.errors import InputError
from gatewright.domain.plain import plain

if TYPE_CHECKING:
    from gatewright.domain.plan_run import StepAttempt
    from gatewright.orchestration.monitor import OrchestrationMonitor
    from gatewright.orchestration.output import Stream

PAUSE_S = 0.2
"""Between two looks at what grows."""
_STREAMS: "tuple[Stream, Stream]" = ("stdout", "stderr")


async def print_output(
    monitor: "OrchestrationMonitor", run_id: str, step: str, *, number: int | None, as_json: bool
) -> None:
    """Of one attempt, the last by default: each stream to its own.

    Raises: InputError for a step or attempt that there is not.
    """
    one = await _chosen(monitor, run_id, step, number)
    if as_json:
        print_json(_output_json(monitor, one))
        return
    for piece in _pieces(monitor, one, as_json=False):
        piece.pump()
        piece.end()


async def follow_output(
    monitor: "OrchestrationMonitor", run_id: str, step: str, *, number: int | None, as_json: bool
) -> None:
    """Of one attempt, or of all, as it is written, until the step is over.

    Raises: InputError for a step that the run has not.
    """
    await _check(monitor, run_id, step)
    done = 0 if number is None else number - 1
    while (one := await _next(monitor, run_id, step, after=done)) is not None:
        await _follow(monitor, one, as_json=as_json)
        done = one.attempt
        if number is not None:
            return


async def is_running(monitor: "OrchestrationMonitor", run_id: str) -> bool:
    """Whether a process runs it."""
    return (await monitor.afind(run_id)).status == "running"


class _Piece:
    """One of a step's two streams."""

    def __init__(self, tail: Tail, name: "Stream", *, as_json: bool) -> None:
        self._tail = tail
        self._name = name
        self._as_json = as_json
        self._text = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def pump(self) -> int:
        """Pass on what there is; how many bytes."""
        count = 0
        while piece := self._tail.more():
            self._pass(piece, end=False)
            count += len(piece)
        return count

    def end(self) -> None:
        """There is no more."""
        self._pass(b"", end=True)

    def _pass(self, piece: bytes, *, end: bool) -> None:
        stream = sys.stdout if self._name == "stdout" else sys.stderr
        if not self._as_json and not stream.isatty():
            _raw(stream, piece)
            return
        text = self._text.decode(piece, final=end)
        if self._as_json and text:
            print_json({self._name: text})
        elif text:
            # A terminal would obey what is in it.
            stream.write(plain(text))
            stream.flush()


def _raw(stream: IO[str], piece: bytes) -> None:
    """Byte for byte, where the stream takes bytes."""
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        stream.write(piece.decode(errors="replace"))
    else:
        buffer.write(piece)
        buffer.flush()


def _pieces(monitor: "OrchestrationMonitor", one: "StepAttempt", *, as_json: bool) -> list[_Piece]:
    tails = {
        name: Tail(monitor.output(one.run_id, one.step, one.attempt, name)) for name in _STREAMS
    }
    return [_Piece(tail, name, as_json=as_json) for name, tail in tails.items()]


def _output_json(monitor: "OrchestrationMonitor", one: "StepAttempt") -> dict[str, Any]:
    said = asdict(one)
    for name in _STREAMS:
        path = monitor.output(one.run_id, one.step, one.attempt, name)
        text, size = end_of(path)
        said |= {name: text, f"{name}_bytes": size, f"{name}_path": str(path)}
    return said


async def _check(monitor: "OrchestrationMonitor", run_id: str, step: str) -> None:
    steps = list((await monitor.aprogress(run_id)).steps)
    if step not in steps:
        fix = f"It has {', '.join(steps[:20])}."
        raise InputError("step", step, f"is no step of the run {run_id!r}", fix)


async def _chosen(
    monitor: "OrchestrationMonitor", run_id: str, step: str, number: int | None
) -> "StepAttempt":
    await _check(monitor, run_id, step)
    for one in reversed(await _attempts(monitor, run_id, step)):
        if number in (None, one.attempt):
            return one
    what = "was not begun" if number is None else f"has no attempt {number}"
    raise InputError("step", step, what, f"See `gatewright plan show {run_id}`.")


async def _next(
    monitor: "OrchestrationMonitor", run_id: str, step: str, *, after: int
) -> "StepAttempt | None":
    """The next attempt, when it has begun; None when there is none to come."""
    while True:
        # Asked first: what begins while this looks is seen once more before the end.
        last = not await is_running(monitor, run_id) or step in await monitor.aresults(run_id)
        for one in await _attempts(monitor, run_id, step):
            if one.attempt > after:
                return one
        if last:
            return None
        await asyncio.sleep(PAUSE_S)


async def _follow(monitor: "OrchestrationMonitor", one: "StepAttempt", *, as_json: bool) -> None:
    pieces = _pieces(monitor, one, as_json=as_json)
    while True:
        last = await _is_over(monitor, one)
        added = sum(piece.pump() for piece in pieces)
        if last and not added:
            break
        if not added:
            await asyncio.sleep(PAUSE_S)
    for piece in pieces:
        piece.end()


async def _is_over(monitor: "OrchestrationMonitor", one: "StepAttempt") -> bool:
    now = await _attempts(monitor, one.run_id, one.step)
    if any(found.attempt == one.attempt and found.ended_at is not None for found in now):
        return True
    return not await is_running(monitor, one.run_id)


async def _attempts(monitor: "OrchestrationMonitor", run_id: str, step: str) -> "list[StepAttempt]":
    return [one for one in await monitor.aattempts(run_id) if one.step == step]
