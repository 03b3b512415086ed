"""Running a plan: its commands as processes, in the order of its graph."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gatewright.domain.errors import GatewrightError, SandboxUnavailable
from gatewright.domain.plan_ports import Launcher, Locks, PlanStore
from gatewright.domain.plan_run import PlanRun, PlanRunStatus, StepResult
from gatewright.plans.engine.attempt import FILES, Attempts, Performer, captures_again
from gatewright.plans.engine.crew import PlanCrew
from gatewright.plans.engine.events import Events
from gatewright.plans.engine.selection import select
from gatewright.plans.engine.telling import OnEvent, Teller
from gatewright.plans.scheduling.loop import Loop
from gatewright.plans.scheduling.schedule import Schedule
from gatewright.plans.variables.bound import Bound


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended."""

    status: PlanRunStatus
    """`succeeded`, `failed` or `cancelled`."""
    results: Mapping[str, StepResult] = field(repr=False)
    """Of every step of the plan, in its order; captures as they were found, secrets and all."""
    reason: str
    """Why it is no success, secrets taken out."""


async def run_plan(
    bound: Bound,
    *,
    run: PlanRun,
    launcher: Launcher,
    confined: Launcher | None,
    store: PlanStore | None,
    locks: Locks | None,
    folder: Path,
    finished: Mapping[str, StepResult] | None = None,
    attempts: Mapping[str, int] | None = None,
    only: Collection[str] | None = None,
    from_step: str | None = None,
    on_event: OnEvent | None = None,
    stop: asyncio.Event | None = None,
) -> Finished:
    """Run a plan to its end; a step's failure is a result, never an error.

    `run` must have begun in the store, or be claimed there by this process; its `folder` is
    absolute. `folder` is the run's own, for what the steps write. `confined` runs the steps that
    ask for a sandbox.

    To resume: `finished` are the results that still hold (leave out what is to be decided anew:
    everything but the successes, and but what a person has answered), `attempts` the number of
    each step's last attempt. A cleanup step among them runs again all the same when a step before
    it does. `only` and `from_step`: the others are skipped, and nothing waits for them.

    `on_event` hears of every event once it is stored. `stop`, when set, cancels the run as a
    person does: what runs is stopped with its grace, and cleanup steps still run. When the call
    itself is cancelled, all is killed at once, nothing more is told, and the run is left as
    interrupted.

    Raises: InputError for an unknown step in `only` or `from_step` and for a resource of which
    there is not enough; SandboxUnavailable when a step needs a sandbox and `confined` is None.
    """
    _check_sandbox(bound, confined)
    counted = Attempts(dict(attempts or {}))
    before = await captures_again(bound, finished or {}, attempts=counted, folder=folder)
    selection = select(bound, finished=before, only=only, from_step=from_step)
    schedule = Schedule(selection.nodes, finished=selection.before)
    heard = store is not None or on_event is not None
    events = Events(run.run_id, bound.mask, heard=heard)
    is_resumed = bool(finished or attempts) or run.status in ("interrupted", "failed", "cancelled")
    teller = Teller(
        run_id=run.run_id,
        selection=selection,
        schedule=schedule,
        attempts=counted,
        events=events,
        first=events.of_run("run_resumed" if is_resumed else "run_started"),
        store=store,
        on_event=on_event,
    )
    performer = Performer(
        bound,
        run,
        launcher=launcher,
        confined=confined,
        folder=folder,
        attempts=counted,
        results=schedule.results,
    )
    crew = PlanCrew(
        bound,
        run,
        max_concurrency=_max_concurrency(bound, run),
        performer=performer,
        teller=teller,
        store=store,
        locks=locks,
    )
    loop = Loop(schedule, crew)
    crew.stir = loop.stir
    await asyncio.to_thread((folder / FILES).mkdir, parents=True, exist_ok=True)
    async with _watched(stop, loop, teller, store=store, run_id=run.run_id):
        await loop.run()
    results = {step.id: teller.results[step.id] for step in bound.plan.steps}
    return Finished(schedule.status, results, events.clean(teller.reason))


@asynccontextmanager
async def _watched(
    stop: asyncio.Event | None, loop: Loop, teller: Teller, *, store: PlanStore | None, run_id: str
) -> AsyncIterator[None]:
    """Cancels the run once `stop` is set."""
    if stop is None:
        yield
        return

    async def cancel() -> None:
        asked = None
        with suppress(GatewrightError):
            asked = None if store is None else await store.stop_asked(run_id)
        teller.cancel_reason = f"cancelled: {asked}" if asked else "cancelled"
        loop.cancel()

    async def watch() -> None:
        await stop.wait()
        await cancel()

    if stop.is_set():
        await cancel()
        yield
        return
    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _max_concurrency(bound: Bound, run: PlanRun) -> int:
    asked = run.options.get("max_concurrency") or bound.plan.globals.max_concurrency
    return max(1, int(asked or os.cpu_count() or 1))


def _check_sandbox(bound: Bound, confined: Launcher | None) -> None:
    if confined is not None:
        return
    default = bound.plan.globals.sandbox
    for step in bound.plan.steps:
        if default if step.sandbox is None else step.sandbox:
            raise SandboxUnavailable(
                f"Step {step.id!r} is to run in a sandbox, and there is none here",
                "Install bubblewrap, or set `sandbox: false` for it.",
            )
