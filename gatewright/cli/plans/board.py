"""What is known of a run while it goes on: the fold of its events."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gatewright.domain.plan_run import OVER, PlanEvent, StepResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Going:
    """An attempt that runs, or the pause before one."""

    attempt: int
    since: float
    """As the board's clock has it."""
    until: float | None = None
    """Of a pause: when the next attempt is due."""


class Board:
    """Counts and what runs, for whoever draws them; constant work for an event.

    A step that no event has named yet is pending.
    """

    def __init__(
        self,
        steps: Iterable[str],
        *,
        finished: Mapping[str, StepResult] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`finished` is what an earlier process brought to its end."""
        self._clock = clock
        self.statuses: dict[str, str] = dict.fromkeys(steps, "pending")
        for step, result in (finished or {}).items():
            self.statuses[step] = result.status
        self.counts: Counter[str] = Counter(self.statuses.values())
        self.going: dict[str, Going] = {}
        """In the order in which they began. Another thread may copy it at any time."""
        self.status = "running"
        self._began: float | None = None

    @property
    def total(self) -> int:
        """Steps, whatever became of them."""
        return len(self.statuses)

    @property
    def over(self) -> int:
        """Steps that have come to their end."""
        return sum(self.counts[status] for status in OVER)

    @property
    def share(self) -> float:
        """Of the steps, how many are over: 0 to 1. A run without steps is over."""
        return self.over / self.total if self.total else 1.0

    @property
    def elapsed(self) -> float | None:
        """Seconds since the first event; None before it."""
        return None if self._began is None else self._clock() - self._began

    def age(self, going: Going) -> float:
        """Seconds since it began."""
        return self._clock() - going.since

    def left(self, going: Going) -> float | None:
        """Seconds until the next attempt; None for what is no pause."""
        return None if going.until is None else max(0.0, going.until - self._clock())

    def is_about(self, event: PlanEvent) -> bool:
        """Whether this is its own: not of a step that was left out of the run."""
        return event.step is None or event.step in self.statuses

    def tell(self, event: PlanEvent) -> None:
        """Take in what happened; what it is not about changes nothing."""
        if self._began is None:
            self._began = self._clock()
        if event.step is None:
            self._run(event)
        elif event.step not in self.statuses:
            return
        elif event.kind == "step_started":
            self._set(event.step, "running")
            self.going[event.step] = Going(attempt=event.attempt or 1, since=self._clock())
        elif event.kind == "step_retrying":
            self._set(event.step, "pending")
            now = self._clock()
            next_ = (event.attempt or 1) + 1
            self.going[event.step] = Going(
                attempt=next_, since=now, until=now + (event.delay_s or 0)
            )
        elif event.kind == "step_ended":
            self._set(event.step, event.status or "failed")
            self.going.pop(event.step, None)

    def _run(self, event: PlanEvent) -> None:
        if event.kind == "run_stopping":
            self.status = "stopping"
        elif event.kind == "run_waiting":
            self.status = "waiting"
        elif event.kind == "run_ended":
            self.status = event.status or "failed"
            self.going.clear()

    def _set(self, step: str, status: str) -> None:
        self.counts[self.statuses[step]] -= 1
        self.statuses[step] = status
        self.counts[status] += 1
