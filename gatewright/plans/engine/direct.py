"""An attempt without a task of its own: begun by a call, and told when it is over.

A task costs four turns of the event loop for each step, which is more than all else that the
engine does for it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, runtime_checkable

from gatewright.domain.plan_ports import Exit
from gatewright.domain.plan_run import StepResult
from gatewright.plans.launching.spawning import Order
from gatewright.plans.scheduling.loop import Again

Outcome = StepResult | Again


@runtime_checkable
class DirectLauncher(Protocol):
    """A `Launcher` that needs no task where a worker is free."""

    def begin(self, order: Order, done: Callable[[Exit], None]) -> Callable[[], None] | None:
        """See `gatewright.plans.launching.client.ProcessLauncher`."""
        ...


class Direct(asyncio.Future[None]):
    """An attempt that is under way; cancelled, it goes on until nothing of it is left."""

    def __init__(
        self,
        came: Callable[[Outcome | Exception], None],
        *,
        at_once: Callable[[Exit], Outcome | None],
        afterwards: Callable[[Exit], Coroutine[Any, Any, Outcome]],
        cancelled: Callable[[], StepResult],
    ) -> None:
        """`came` hears what it came to: what `at_once` makes of its end, or where that is None,
        `afterwards`; once it has been cancelled, what `cancelled` says."""
        super().__init__()
        self._came, self._at_once = came, at_once
        self._afterwards, self._cancelled_result = afterwards, cancelled
        self._stop: Callable[[], None] | None = None
        self._stopped = False
        self._after: asyncio.Task[None] | None = None

    def begin(self, launcher: DirectLauncher, order: Order) -> bool:
        """Whether it has begun; if not, nothing has happened."""
        self._stop = launcher.begin(order, self._ended)
        return self._stop is not None

    def cancel(self, msg: Any | None = None) -> bool:
        """Have it ended; once more: without a grace."""
        if self.done():
            return False
        self._stopped = True
        if self._after is not None:
            return self._after.cancel(msg)
        if self._stop is not None:
            self._stop()
        return True

    def _ended(self, ended: Exit) -> None:
        try:
            outcome = self._cancelled_result() if self._stopped else self._at_once(ended)
        except Exception as error:  # noqa: BLE001 - the loop raises it, when all has ended
            self._tell(error)
            return
        if outcome is None:
            self._after = asyncio.create_task(self._look_closer(ended))
        else:
            self._tell(outcome)

    async def _look_closer(self, ended: Exit) -> None:
        try:
            self._tell(await self._afterwards(ended))
        except asyncio.CancelledError:
            self._tell(self._cancelled_result())
        except Exception as error:  # noqa: BLE001 - as above
            self._tell(error)

    def _tell(self, outcome: Outcome | Exception) -> None:
        self.set_result(None)
        self._came(outcome)
