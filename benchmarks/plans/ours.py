"""Runs shapes by our engine: in memory, and with durable state and events.

    python -m benchmarks.plans.ours memory|durable FOLDER

A worker that `contestants.Worker` asks. The seconds of a run are from a bound plan to its end;
reading the plan file is told beside them.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.plans.memory import high_water, memory
from benchmarks.plans.serving import Run, serve
from benchmarks.plans.shapes import Shape, chain, plan_of
from gatewright.domain.plan_ports import Launcher
from gatewright.domain.plan_run import PlanRun
from gatewright.plans.documents.loading import loads
from gatewright.plans.engine.run import Finished, run_plan
from gatewright.plans.launching.client import ProcessLauncher
from gatewright.plans.variables.bound import bind
from gatewright.storage.plans.locks import FileLocks
from gatewright.storage.plans.runs import PlanRuns, open_plan_runs


class Engine:
    """The engine and what it needs, open over many runs, as in a service."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._folder, self._durable = folder, durable
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._numbers = count(1)
        self._launcher: Launcher
        self._store: PlanRuns | None = None
        self._locks: FileLocks | None = None

    def open(self) -> None:
        """Ready for the first step."""
        self._runner.run(self._open())

    async def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._launcher = await self._stack.enter_async_context(ProcessLauncher())
        if not self._durable:
            return
        database, runs = self._folder / "state.sqlite", self._folder / "runs"
        self._store = await self._stack.enter_async_context(open_plan_runs(database, runs))
        self._locks = FileLocks(self._folder / "locks")

    def close(self) -> None:
        """End the helpers."""
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def run(self, shape: Shape, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Seconds, and what else is worth knowing. Raises: RuntimeError when it did not succeed."""
        plan = plan_of(shape, program=asked["program"], at_a_time=asked["at_a_time"])
        text = json.dumps(plan)
        folder = self._folder / "runs" / f"run-{next(self._numbers)}"
        folder.mkdir(parents=True)
        before = high_water()
        begun = time.perf_counter()
        bound = bind(loads(text), {})
        read_s = time.perf_counter() - begun
        record = _record_of(folder, plan_id=shape.name, text=text, start=str(self._folder))
        cpu = time.process_time()
        begun = time.perf_counter()
        finished = self._runner.run(self._walk(bound, record, folder))
        seconds = time.perf_counter() - begun
        told = {
            "seconds": seconds,
            "read_s": read_s,
            "cpu_s": time.process_time() - cpu,
            **memory(before),
        }
        succeeded = sum(result.status == "succeeded" for result in finished.results.values())
        if finished.status != "succeeded" or succeeded != len(shape.works):
            raise RuntimeError(f"{finished.status}: {finished.reason}; {succeeded} steps succeeded")
        return told

    async def _walk(self, bound: Any, run: PlanRun, folder: Path) -> Finished:
        if self._store is not None:
            await self._store.begin(run)
            await self._store.claim(run.run_id)
        try:
            return await run_plan(
                bound,
                run=run,
                launcher=self._launcher,
                confined=None,
                store=self._store,
                locks=self._locks,
                folder=folder,
            )
        finally:
            if self._store is not None:
                await self._store.release(run.run_id)


def _record_of(folder: Path, *, plan_id: str, text: str, start: str) -> PlanRun:
    return PlanRun(
        run_id=folder.name,
        plan_id=plan_id,
        plan=text,
        plan_path="",
        variables={},
        options={},
        folder=start,
        started_by="benchmark",
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def begin() -> tuple[str, Run]:
    """Open the engine, and run one step: its helpers are there then."""
    way, folder = sys.argv[1], Path(sys.argv[2])
    engine = Engine(folder, durable=way == "durable")
    engine.open()
    engine.run(chain(1), {"program": "/bin/true", "at_a_time": 1})
    return "", engine.run


if __name__ == "__main__":
    serve(begin)
