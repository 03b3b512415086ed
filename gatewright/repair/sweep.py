"""Trying patches in order, in slices of time, until shortly after some of them pass."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from gatewright.repair.answers import Observation
from gatewright.repair.inquiry import Driver
from gatewright.repair.patch import Patch

SLICES_S = (2.0, 4.0, 8.0)
"""Of time for one driver: a new one costs a start, but tells how far it is. The last repeats."""
FIRST_BATCH = 300
MOST_BATCH = 4000
LEAST_MORE, MOST_MORE = 300, 1500
"""After the first patch that passes as many are tried as before it, within these bounds."""
GRACE_S = 5.0
"""And for no longer than the time up to it, and this."""


@dataclass
class Sweep:
    """Patches under trial against the failing tests of an observation."""

    driver: Driver
    seen: Observation
    files: Mapping[str, bytes]
    patches: Iterator[Patch]
    """Taken one batch after the other, in a thread: making them may take time."""
    until: float
    """As `time.monotonic()` counts."""
    tell: Callable[[], None]
    unchanged_first: bool = False
    """Try the code as it is, too: tests that pass now and then would accept anything."""
    every: bool = False
    """Do not stop because something passes."""
    known: list[Patch] = field(default_factory=list)
    """Those that were taken up to now, by place."""
    verdicts: dict[int, str] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    """By place: how many of the failing tests passed before the first that did not."""
    refuted: set[int] = field(default_factory=set)
    """Places that passed and break something nevertheless."""
    flaky: bool = False
    exhausted: bool = False
    late: bool = False
    """It ended for its time."""
    _slices: int = 0
    _rate: float = 0.0
    _used_s: float = 0.0
    _first_s: float | None = None
    """How long it took up to the first patch that passed."""
    _waiting: deque[int] = field(default_factory=deque)

    async def go(self) -> None:
        """Go on until something passes and a while after it, or nothing is left, or the time is.

        After `refuted` has grown it may be called again.
        Raises: NoAnswer.
        """
        idle = 0
        while not self.flaky:
            await asyncio.to_thread(self._fill)
            left = self._left_s()
            if not self._waiting or left <= 0 or idle == 2:
                self.exhausted = not self._waiting and self._end() is None
                self.late = bool(self._waiting)
                break
            slice_s = min(SLICES_S[min(self._slices, len(SLICES_S) - 1)], left)
            done = await self._slice(slice_s)
            idle = 0 if done else idle + 1
            self.tell()

    def survivors(self) -> list[int]:
        """Places that passed and stand, in order, up to where it was looked."""
        end = self._end()
        passed = self._passed()
        return [place for place in passed if end is None or place < end]

    def count(self, verdict: str) -> int:
        """How many of those tried came to this."""
        return sum(each == verdict for each in self.verdicts.values())

    def _passed(self) -> list[int]:
        every = (place for place, verdict in self.verdicts.items() if verdict == "passed")
        return sorted(place for place in every if place not in self.refuted)

    def _end(self) -> int | None:
        """The place before which it stops; counted, so that the answer is not one of speed."""
        passed = [] if self.every else self._passed()
        return passed[0] + 1 + _more(passed[0]) if passed else None

    def _left_s(self) -> float:
        left = min(self.until - time.monotonic(), self.driver.left_s())
        if self._end() is not None and self._first_s is not None:
            left = min(left, 2 * self._first_s + GRACE_S - self._used_s)
        return left

    def _fill(self) -> None:
        """Take further patches, as many as a slice may need."""
        size = FIRST_BATCH if not self._slices else round(2 * self._rate * SLICES_S[-1])
        size = min(MOST_BATCH, max(FIRST_BATCH, size))
        end = self._end()
        if end is not None:
            self._waiting = deque(place for place in self._waiting if place < end)
            size = min(size, len(self._waiting) + end - len(self.known))
        more = list(islice(self.patches, max(0, size - len(self._waiting))))
        self._waiting.extend(range(len(self.known), len(self.known) + len(more)))
        self.known += more

    async def _slice(self, seconds: float) -> int:
        """Try what is waiting; answers how many came to a verdict."""
        places = list(self._waiting)
        lead: list[Patch | None] = [None] if self.unchanged_first else []
        started = time.monotonic()
        answers = await self.driver.attempt(
            self.seen,
            [*lead, *(self.known[place] for place in places)],
            self.files,
            more=len(places) if self.every or self._passed() else _more(places[0]),
            seconds=seconds,
        )
        took = time.monotonic() - started
        if lead and answers.verdicts.get(0) == "passed":
            self.flaky = True
        self.unchanged_first = False
        self._slices += 1
        self._used_s += took
        shift = len(lead)
        for number, verdict in answers.verdicts.items():
            if shift <= number < len(places) + shift:
                self.verdicts[places[number - shift]] = verdict
        for number, count in getattr(answers, "reached", {}).items():
            if shift <= number < len(places) + shift:
                self.reached[places[number - shift]] = count
        self._waiting = deque(place for place in places if place not in self.verdicts)
        done = len(places) - len(self._waiting)
        self._rate = max(done / took, self._rate / 2)
        if self._first_s is None and self._passed():
            self._first_s = self._used_s
        return done


def _more(place: int) -> int:
    return min(MOST_MORE, max(LEAST_MORE, place))
