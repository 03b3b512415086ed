"""Look at runs of plans: a program with windows may poll all of this.

from gatewright.orchestration.monitor import OrchestrationMonitor

with OrchestrationMonitor() as monitor:
    for run in monitor.runs():
        print(run.run_id, monitor.progress(run.run_id).progress_pct)
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gatewright.domain.plan_run import PlanEvent, PlanRun, StepAttempt, StepResult
from gatewright.orchestration.opening import Opened
from gatewright.orchestration.output import (
    TAIL_BYTES,
    Piece,
    Stream,
    attempt_of,
    output_path,
    read_piece,
)
from gatewright.orchestration.progress import Progress, progress_of, step_ids
from gatewright.settings import Settings, load_settings
from gatewright.waiting import wait


class OrchestrationMonitor:
    """The runs of one home, whichever process runs them; nothing is changed.

    Every method has a coroutine beside it whose name starts with `a`. All raise InputError for a
    run that is not known, and EnvironmentFault when the state database cannot be used.
    """

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """`flags` are settings by name, before environment and file.

        Raises: InputError for a bad setting.
        """
        self.settings = settings or load_settings(**flags)
        self._opened = Opened(self.settings.home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def close(self) -> None:
        """Safe to call twice; it may be used again afterwards."""
        wait(self.aclose())

    async def aclose(self) -> None:
        """See `close`."""
        await asyncio.to_thread(self._opened.close)

    def runs(self, *, plan_id: str | None = None, limit: int = 100) -> Sequence[PlanRun]:
        """Newest first, of all plans or of one; `interrupted` where its process is gone."""
        return wait(self.aruns(plan_id=plan_id, limit=limit))

    async def aruns(self, *, plan_id: str | None = None, limit: int = 100) -> Sequence[PlanRun]:
        """See `runs`."""
        store = await self._opened.store()
        return await store.runs(plan_id=plan_id, limit=limit)

    def find(self, run_id: str) -> PlanRun:
        """A run as it stands."""
        return wait(self.afind(run_id))

    async def afind(self, run_id: str) -> PlanRun:
        """See `find`."""
        return await (await self._opened.store()).run(run_id)

    def events(self, run_id: str, after: int = 0) -> Sequence[PlanEvent]:
        """What happened, but for the first `after` events: to go on, add how many these are."""
        return wait(self.aevents(run_id, after))

    async def aevents(self, run_id: str, after: int = 0) -> Sequence[PlanEvent]:
        """See `events`."""
        return await (await self._opened.store()).events(run_id, after=after)

    def progress(self, run_id: str) -> Progress:
        """How far it is: percent, status, every step, every attempt."""
        return wait(self.aprogress(run_id))

    async def aprogress(self, run_id: str) -> Progress:
        """See `progress`."""
        store = await self._opened.store()
        # The run last: one that has ended by then has all its steps.
        attempts, results = await store.attempts(run_id), await store.results(run_id)
        run = await store.run(run_id)
        if run.status != "running":
            attempts, results = await store.attempts(run_id), await store.results(run_id)
        return await asyncio.to_thread(progress_of, run, results, attempts)

    def results(self, run_id: str) -> Mapping[str, StepResult]:
        """The steps that are over."""
        return wait(self.aresults(run_id))

    async def aresults(self, run_id: str) -> Mapping[str, StepResult]:
        """See `results`."""
        return await (await self._opened.store()).results(run_id)

    def attempts(self, run_id: str) -> Sequence[StepAttempt]:
        """All attempts, in the order in which they were started."""
        return wait(self.aattempts(run_id))

    async def aattempts(self, run_id: str) -> Sequence[StepAttempt]:
        """See `attempts`."""
        return await (await self._opened.store()).attempts(run_id)

    def last_key(self, plan_id: str, step: str, folder: str) -> str | None:
        """The key of inputs and command of a step's last success in this folder, of any run."""
        return wait(self.alast_key(plan_id, step, folder))

    async def alast_key(self, plan_id: str, step: str, folder: str) -> str | None:
        """See `last_key`."""
        return await (await self._opened.store()).unchanged_key(plan_id, step, folder)

    def output(self, run_id: str, step: str, attempt: int, stream: Stream = "stdout") -> Path:
        """The file that an attempt of a step writes to; it is there once the attempt has begun."""
        return output_path(self.folder(run_id), step, attempt, stream)

    def folder(self, run_id: str) -> Path:
        """What a run leaves behind: output, `events.jsonl`, what its steps keep there."""
        return self._opened.folder / run_id

    def logs(
        self,
        run_id: str,
        step: str,
        *,
        stream: Stream = "stdout",
        attempt: int | None = None,
        start: int | None = None,
        most: int = TAIL_BYTES,
    ) -> Piece:
        """A part of a step's output, of the last attempt or of the one named: its last `most`
        bytes, or from byte `start` on.

        To follow it, ask again with `start` at the last piece's `end` until it is `over` and empty.
        Raises: InputError for a step or an attempt that there is not.
        """
        return wait(
            self.alogs(run_id, step, stream=stream, attempt=attempt, start=start, most=most)
        )

    async def alogs(
        self,
        run_id: str,
        step: str,
        *,
        stream: Stream = "stdout",
        attempt: int | None = None,
        start: int | None = None,
        most: int = TAIL_BYTES,
    ) -> Piece:
        """See `logs`."""
        store = await self._opened.store()
        run, attempts = await store.run(run_id), await store.attempts(run_id)
        known = await asyncio.to_thread(step_ids, run)
        chosen = attempt_of(run, step, attempts, known=known, number=attempt)
        folder = self.folder(run_id)
        return await asyncio.to_thread(
            partial(read_piece, folder, chosen, stream, start=start, most=most)
        )
