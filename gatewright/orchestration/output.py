"""The output of steps, as files beside the run's events. Every function here blocks."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import PlanRun, StepAttempt

Stream = Literal["stdout", "stderr"]
TAIL_BYTES = 64 * 1024
"""What is read when nobody says how much."""


class Piece(NamedTuple):
    """A part of a step's output."""

    text: str
    """What is no UTF-8 in it is replaced."""
    end: int
    """Bytes of the file up to here: where the next piece begins."""
    attempt: int
    over: bool
    """Whether the attempt has ended, so that no more will come."""


def output_path(folder: Path, step: str, attempt: int, stream: Stream) -> Path:
    """Where an attempt of a step writes to; `folder` is the run's."""
    return folder / f"{step}.{attempt}.{stream}"


def read_piece(
    folder: Path,
    attempt: StepAttempt,
    stream: Stream,
    *,
    start: int | None = None,
    most: int = TAIL_BYTES,
) -> Piece:
    """From byte `start` on; without it, the last `most` bytes. Nothing where there is no file."""
    path = output_path(folder, attempt.step, attempt.attempt, stream)
    over = attempt.ended_at is not None
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            begin = max(0, size - most) if start is None else min(start, size)
            file.seek(begin)
            data = file.read(most)
    except FileNotFoundError:
        return Piece("", start or 0, attempt.attempt, over)
    return Piece(data.decode("utf-8", "replace"), begin + len(data), attempt.attempt, over)


def attempt_of(
    run: PlanRun,
    step: str,
    attempts: Sequence[StepAttempt],
    *,
    known: Sequence[str],
    number: int | None,
) -> StepAttempt:
    """The attempt of this number, or the last one of a step.

    Raises: InputError for a step that the plan does not have, and an attempt that was not made.
    """
    if step not in known:
        raise InputError(
            "step", step, f"is not in the run {run.run_id!r}", f"Its steps: {_some(known)}."
        )
    made = [one for one in attempts if one.step == step]
    if number is not None:
        made = [one for one in made if one.attempt == number]
    if not made:
        raise InputError(
            "step" if number is None else "attempt",
            step if number is None else number,
            "was not begun, so there is no output",
            f"See `gatewright plan show {run.run_id}`.",
        )
    return made[-1]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown}, ..." if len(names) > 20 else shown
