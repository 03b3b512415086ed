"""Runs that go on while their caller does something else: each in a thread with a loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import PlanEvent, PlanRun
from gatewright.orchestration.orders import Listener

Work = Callable[[Listener], Coroutine[Any, Any, PlanRun]]


class Background:
    """What was started and is not over."""

    def __init__(self) -> None:
        self._runs: dict[str, _Running] = {}

    def start(self, run_id: str, work: Work, now: Callable[[], PlanRun]) -> PlanRun:
        """The run once something of it was told, by `now`; its end if that comes first.

        Raises: what it raises before anything was told.
        """
        running = _Running(work)
        self._runs[run_id] = running
        running.thread.start()
        try:
            running.begun.result()
        except BaseException:
            del self._runs[run_id]
            raise
        return running.end.result() if running.end.done() else now()

    def join(self, run_id: str) -> PlanRun:
        """Its end. Raises: what it raises; InputError for what was not started here."""
        running = self._runs.get(run_id)
        if running is None:
            raise InputError(
                "run", run_id, "was not started here", "Look at it by `progress` instead."
            )
        return running.end.result()

    def close(self) -> None:
        """Stop them at once, and wait until nothing of them is alive."""
        runs, self._runs = self._runs, {}
        for running in runs.values():
            running.cancel()
        for running in runs.values():
            running.thread.join()


class _Running:
    def __init__(self, work: Work) -> None:
        self.begun: Future[None] = Future()
        self.end: Future[PlanRun] = Future()
        self.thread = threading.Thread(target=self._serve, name="gatewright-plan", daemon=True)
        self._work = work
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[PlanRun] | None = None

    def cancel(self) -> None:
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # it has ended just now
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _serve(self) -> None:
        try:
            result = asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001  told to whoever joins
            self._settle(error=error)
        else:
            self._settle(result=result)

    async def _run(self) -> PlanRun:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(self._work(self._tell))
        return await self._task

    def _tell(self, event: PlanEvent) -> None:
        if not self.begun.done():
            self.begun.set_result(None)

    def _settle(self, *, result: PlanRun | None = None, error: BaseException | None = None) -> None:
        if error is not None:
            self.end.set_exception(error)
            if not self.begun.done():
                self.begun.set_exception(error)
            return
        assert result is not None
        self.end.set_result(result)
        if not self.begun.done():
            self.begun.set_result(None)
