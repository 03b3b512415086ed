"""The loop of a run: what ends is drained, what may start is admitted, told, then started.

It waits for events only, never for the slowest of a wave, and holds no asyncio task for a step
that has not been admitted. What is to be told of one turn, its ends and its starts, is told in
one call before the starts, so that a store can write both in one transaction.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, Protocol

from gatewright.domain.plan_run import StepResult
from gatewright.plans.scheduling.nodes import Changes
from gatewright.plans.scheduling.schedule import Schedule


class Again(NamedTuple):
    """An attempt failed, and another one follows."""

    delay_s: float
    """Until it is offered again; meanwhile it holds nothing."""
    result: StepResult


News = tuple[str, StepResult | Again]
Came = Callable[[StepResult | Again | Exception], None]
"""Told what a step came to; an error goes through the loop."""


@dataclass(slots=True)
class Turn:
    """What happened since the last turn, in this order, and what is started at its end."""

    news: list[News] = field(default_factory=list)
    starts: Sequence[str] = ()


class Crew(Protocol):
    """What the loop leaves to others: who may start, how it is told, what is done."""

    def offer(self, step: str) -> None:
        """It is ready, for the first time or again."""
        ...

    def withdraw(self, step: str) -> None:
        """It is offered no longer."""
        ...

    def early(self) -> Sequence[str]:
        """Those of the offered ones that have something to do before they are admitted: they are
        performed from now on, untold, and wait in there until `go`."""
        ...

    def admit(self) -> Sequence[str]:
        """Those that may start now; each holds its place until `release`."""
        ...

    def tell(self, turn: Turn) -> Awaitable[None] | None:
        """Awaited before the starts are made."""
        ...

    def go(self, step: str) -> None:
        """An early one has been admitted, and that has been told."""
        ...

    def begin(self, step: str, came: Came) -> "asyncio.Future[None] | None":
        """`perform` without a task, where that can be; None: it is performed. `came` is called
        once, later; what is returned is cancelled as a task would be, and done by then."""
        ...

    def perform(self, step: str) -> Coroutine[Any, Any, StepResult | Again]:
        """Do it; cancelled, it raises CancelledError when nothing of it is left, and without a
        grace when it is cancelled a second time."""
        ...

    def release(self, step: str) -> None:
        """It does not run any more."""
        ...


_SKIPPED = StepResult(status="skipped")
_CANCELLED = StepResult(status="cancelled")


class Loop:
    """One walk over a schedule."""

    def __init__(self, schedule: Schedule, crew: Crew) -> None:
        self._schedule = schedule
        self._crew = crew
        self._tasks: dict[str, asyncio.Future[None]] = {}
        self._again: dict[str, StepResult] = {}
        """Waiting for their next attempt, with what the last one came to."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._due: list[str] = []
        self._stopped: set[str] = set()
        self._ended: deque[tuple[str, StepResult | Again | Exception]] = deque()
        self._news: list[News] = []
        self._cancels = 0
        self._wake: asyncio.Future[None] | None = None
        self._stirred = False
        self._untold = True
        """There is something to tell although no step has changed: the run begins, or stops."""

    def cancel(self) -> None:
        """Stop as a person's cancel does: cleanup steps still run. A second time: all at once."""
        self._cancels += 1
        self.stir()

    async def run(self) -> None:
        """Until every node is over.

        Cancelled, or when `perform` or `tell` raises: everything that runs is cancelled, twice so
        that no grace is given, and awaited before the error goes on.
        """
        try:
            self._follow(self._schedule.begin())
            while True:
                self._drain()
                await self._take_turn()
                if self._schedule.over:
                    return
                await self._wait()
        finally:
            await self._end_all()

    async def _take_turn(self) -> None:
        crew = self._crew
        for step in crew.early():
            self._begin(step)
        turn = Turn(self._news, crew.admit())
        if not (turn.news or turn.starts or self._untold):
            return
        self._news = []
        self._untold = False
        told = crew.tell(turn)
        if told is not None:
            await told
        for step in turn.starts:
            if step in self._tasks:
                crew.go(step)
            else:
                self._begin(step)

    def _begin(self, step: str) -> None:
        if self._again.pop(step, None) is None:
            self._schedule.start(step)
        begun = self._crew.begin(step, partial(self._hear, step))
        self._tasks[step] = asyncio.create_task(self._work(step)) if begun is None else begun

    async def _work(self, step: str) -> None:
        """Its outcome goes to the loop, errors too: a callback of the task would cost a turn."""
        outcome: StepResult | Again | Exception
        try:
            outcome = await self._crew.perform(step)
        except asyncio.CancelledError:
            outcome = _CANCELLED
        except Exception as error:  # noqa: BLE001 - the loop raises it, when all has ended
            outcome = error
        self._hear(step, outcome)

    def _hear(self, step: str, outcome: StepResult | Again | Exception) -> None:
        self._ended.append((step, outcome))
        self.stir()

    async def _wait(self) -> None:
        if self._stirred:
            return
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    def stir(self) -> None:
        """Take a turn: something ended, or the crew has something new to admit."""
        self._stirred = True
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _drain(self) -> None:
        self._stirred = False
        while self._cancels:
            self._cancels -= 1
            self._untold = True
            self._follow(self._schedule.cancel())
        while self._ended:
            step, outcome = self._ended.popleft()
            self._tasks.pop(step, None)
            self._crew.release(step)
            if isinstance(outcome, Exception):
                raise outcome
            self._came(step, outcome)
        due, self._due = self._due, []
        for step in due:
            if self._timers.pop(step, None) is not None:
                self._crew.offer(step)

    def _came(self, step: str, outcome: StepResult | Again) -> None:
        if isinstance(outcome, Again):
            if step not in self._stopped:
                self._news.append((step, outcome))
                self._again[step] = outcome.result
                loop = asyncio.get_running_loop()
                self._timers[step] = loop.call_later(outcome.delay_s, self._ring, step)
                return
            outcome = replace(outcome.result, status="cancelled")
        self._news.append((step, outcome))
        self._follow(self._schedule.end(step, outcome))

    def _ring(self, step: str) -> None:
        self._due.append(step)
        self.stir()

    def _follow(self, changes: Changes) -> None:
        for step in changes.skipped:
            self._news.append((step, _SKIPPED))
        for step in changes.cancelled:
            self._crew.withdraw(step)
            self._news.append((step, _CANCELLED))
        for step in changes.ready:
            self._crew.offer(step)
        for step in changes.stop:
            self._stop(step)

    def _stop(self, step: str) -> None:
        self._stopped.add(step)
        self._crew.withdraw(step)
        task = self._tasks.get(step)
        if task is not None:
            # Not at once: a task that is cancelled before its first turn never runs, and the
            # loop would never hear of its end.
            asyncio.get_running_loop().call_soon(task.cancel)
            return
        last = self._again.pop(step, None)
        if last is None:
            return
        timer = self._timers.pop(step, None)
        if timer is not None:
            timer.cancel()
        self._ended.append((step, replace(last, status="cancelled")))

    async def _end_all(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        cancelled = False
        turns = 2
        while alive := {task for task in self._tasks.values() if not task.done()}:
            if turns:
                for task in alive:
                    task.cancel()
            try:
                # One turn of the event loop between the two: the first must have arrived.
                await (asyncio.sleep(0) if turns else asyncio.wait(alive))
            except asyncio.CancelledError:
                cancelled = True
            turns = max(0, turns - 1)
        if cancelled:
            raise asyncio.CancelledError
