"""Tasks that come one after the other, and what happens when a model is given one.

Every policy sees the same stream: the tasks, the gate's mistakes and the drift hang on the seed and
on the place in the stream only, and not on what was asked before.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.replay import recorded
from benchmarks.replay.recorded import Task

MOST_ATTEMPTS = 3
DRIFTED_RATE = 0.09
"""What share of tasks a model passes after it silently became bad."""


class Gate(NamedTuple):
    """How often the gate is wrong; 0: its word is the truth."""

    false_accept: float = 0.0
    """The share of bad changes that it lets pass."""
    false_reject: float = 0.0
    """The share of good changes that it refuses."""


class Drift(NamedTuple):
    """One model becomes bad from a place of the stream on; nobody is told."""

    model: str
    at: int


class Attempt(NamedTuple):
    """What became of one attempt."""

    model: str
    good: bool
    """The truth, that no policy sees."""
    accepted: bool
    """What the gate said."""
    usd: float


class Stream:
    """A row of tasks drawn with replacement."""

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        seed: str,
        length: int,
        gate: Gate = Gate(),  # noqa: B008  # a tuple
        drift: Drift | None = None,
    ) -> None:
        draw = random.Random(f"{seed}:tasks")
        self.seed = seed
        self.gate = gate
        self.drift = drift
        self.tasks = tuple(draw.choices(tasks, k=length))
        self.models = recorded.models(tasks)
        self._gate_draws = _uniforms(f"{seed}:gate", self.models, length)
        self._kept = 1.0
        if drift is not None:
            rate = recorded.rate(tasks, drift.model)
            self._kept = min(1.0, DRIFTED_RATE / rate) if rate else 0.0
            self._drift_draws = _uniforms(f"{seed}:drift", (drift.model,), length)[drift.model]

    def __len__(self) -> int:
        return len(self.tasks)

    def attempt(self, place: int, model: str) -> Attempt:
        """Give the task at this place to a model; the same again for the same place and model."""
        run = self.tasks[place].runs[model]
        good = run.passed and not self._spoilt(place, model)
        wrong = self.gate.false_reject if good else self.gate.false_accept
        mistaken = self._gate_draws[model][place] < wrong
        return Attempt(model, good, good != mistaken, run.cost_usd)

    def _spoilt(self, place: int, model: str) -> bool:
        drift = self.drift
        if drift is None or model != drift.model or place < drift.at:
            return False
        return self._drift_draws[place] >= self._kept


class Played(NamedTuple):
    """What a policy made of a stream, task by task."""

    attempts: tuple[tuple[Attempt, ...], ...]
    """Of each task, in order; a task is shipped when the gate accepted its last attempt."""

    @property
    def solved(self) -> list[bool]:
        """Whether each task ended with a good change that the gate accepted."""
        return [row[-1].good and row[-1].accepted for row in self.attempts]

    @property
    def shipped_bad(self) -> list[bool]:
        """Whether each task ended with a bad change that the gate accepted."""
        return [row[-1].accepted and not row[-1].good for row in self.attempts]

    @property
    def usd(self) -> list[float]:
        """What each task cost."""
        return [sum(attempt.usd for attempt in row) for row in self.attempts]


def _uniforms(seed: str, models: Sequence[str], length: int) -> dict[str, list[float]]:
    drawn: dict[str, list[float]] = {}
    for model in models:
        draw = random.Random(f"{seed}:{model}")
        drawn[model] = [draw.random() for _ in range(length)]
    return drawn
