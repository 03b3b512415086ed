"""What the engine's tests run plans with: real processes, and a store in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatewright.domain.plan_ports import Exit, Launcher, Locks, PlanStore, Spawn
from gatewright.domain.plan_run import PlanEvent, PlanRun, StepAttempt, StepResult
from gatewright.plans.documents.document import Globals, PlanFile, PlanStep, Variable
from gatewright.plans.engine.run import Finished, run_plan
from gatewright.plans.variables.bound import bind


def sh(name: str, code: str, *depends_on: str, **more: Any) -> PlanStep:
    return PlanStep(id=name, command="sh", args=("-c", code), depends_on=depends_on, **more)


def plan_of(
    *steps: PlanStep, variables: Mapping[str, Variable] | None = None, **own: Any
) -> PlanFile:
    own = {"max_concurrency": 4, "critical_grace_period_sec": 0.2} | own
    return PlanFile(
        plan_id="plan", globals=Globals(**own), variables=dict(variables or {}), steps=steps
    )


class MemoryStore:
    """Implements `PlanStore` for the runs of one process."""

    def __init__(self) -> None:
        self.batches: list[list[PlanEvent]] = []
        self.keys: dict[tuple[str, str, str], str] = {}
        self.asked: str | None = None
        self.folder = ""

    @property
    def events(self) -> list[PlanEvent]:
        return [event for batch in self.batches for event in batch]

    async def begin(self, run: PlanRun) -> None:
        self.folder = run.folder

    async def claim(self, run_id: str) -> None:
        pass

    async def record(self, events: Sequence[PlanEvent]) -> None:
        await asyncio.sleep(0)
        self.batches.append(list(events))
        for event in events:
            if event.kind == "step_ended" and event.key is not None:
                self.keys["plan", str(event.step), self.folder] = event.key
            elif event.kind == "step_started" and event.key is not None:
                self.keys.pop(("plan", str(event.step), self.folder), None)

    async def run(self, run_id: str) -> PlanRun:
        raise NotImplementedError

    async def results(self, run_id: str) -> Mapping[str, StepResult]:
        raise NotImplementedError

    async def attempts(self, run_id: str) -> Sequence[StepAttempt]:
        raise NotImplementedError

    async def unchanged_key(self, plan_id: str, step: str, folder: str) -> str | None:
        return self.keys.get((plan_id, step, folder))

    async def stop_asked(self, run_id: str) -> str | None:
        return self.asked


class OneLock:
    """Implements `Locks`, with a say in when a lock is free."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.held: list[str] = []
        self.taken: list[tuple[str, ...]] = []

    @asynccontextmanager
    async def hold(self, names: Sequence[str]) -> AsyncIterator[None]:
        await self.free.wait()
        assert not set(names) & set(self.held)
        self.taken.append(tuple(names))
        self.held += names
        try:
            yield
        finally:
            self.held = [name for name in self.held if name not in names]


class Watched:
    """Passes on to a launcher; `before` sees what is about to be launched."""

    def __init__(self, launcher: Launcher, before: Callable[[Spawn], None]) -> None:
        self._launcher = launcher
        self._before = before

    async def run(self, spawn: Spawn) -> Exit:
        self._before(spawn)
        return await self._launcher.run(spawn)


@dataclass
class Scene:
    """A place to run plans in."""

    launcher: Launcher
    here: Path
    """Where relative paths of plans begin."""
    folder: Path
    """The run's own."""
    store: PlanStore | None = None
    locks: Locks | None = None
    told: list[PlanEvent] = field(default_factory=list)
    listeners: list[Callable[[PlanEvent], None]] = field(default_factory=list)

    async def run(
        self,
        plan: PlanFile,
        *,
        given: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
        status: Any = "running",
        **more: Any,
    ) -> Finished:
        run = PlanRun(
            run_id="run-1",
            plan_id=plan.plan_id,
            plan="",
            plan_path="",
            variables={},
            options=options or {},
            folder=str(self.here),
            started_by="somebody@here",
            started_at="",
            status=status,
        )
        if self.store is not None:
            await self.store.begin(run)
        values: dict[str, Any] = {
            "launcher": self.launcher,
            "confined": None,
            "store": self.store,
            "locks": self.locks,
            "folder": self.folder,
            "on_event": self._hear,
        }
        return await run_plan(bind(plan, given or {}), run=run, **(values | more))

    def statuses(self, finished: Finished) -> dict[str, str]:
        return {step: result.status for step, result in finished.results.items()}

    def of(self, kind: str) -> list[PlanEvent]:
        return [event for event in self.told if event.kind == kind]

    def output(self, step: str, *, attempt: int = 1, stream: str = "stdout") -> str:
        return (self.folder / f"{step}.{attempt}.{stream}").read_text()

    def moved(self, folder: Path) -> "Scene":
        """For a further run in the same place."""
        return replace(self, folder=folder, told=[], listeners=[])

    def _hear(self, event: PlanEvent) -> None:
        self.told.append(event)
        for listener in self.listeners:
            listener(event)
