"""Run plans from Python, and look at their runs.

from gatewright.orchestration.plans import Plans

with Plans() as plans:
    run = plans.run("release.json", variables={"VERSION": "1.4.0"})
    print(run.status, plans.progress(run.run_id).progress_pct)
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import PlanRun
from gatewright.orchestration.background import Background
from gatewright.orchestration.ending import OVER, bury, end_at_once
from gatewright.orchestration.monitor import OrchestrationMonitor
from gatewright.orchestration.orders import House, Listener, Order
from gatewright.orchestration.progress import Progress
from gatewright.plans.documents.loading import load
from gatewright.plans.variables.bound import Bound, bind
from gatewright.settings import Settings
from gatewright.sidecars import close_sidecar, open_sidecar
from gatewright.storage.plans.runs import taken
from gatewright.waiting import wait
from graph.plan_state import PlanInput
from nodes.plan_run.ids import check_run_id, new_run_id
from nodes.plan_run.reading import plan_in

__all__ = ["Plans", "Progress"]

CANCEL_S = 60.0
"""How long `cancel` waits for whoever runs the plan to have ended it."""
_POLL_S = 0.05


class Plans(OrchestrationMonitor):
    """Runs plans on one home; see `OrchestrationMonitor` for how to look at them."""

    def __init__(self, settings: Settings | None = None, **flags: Any) -> None:
        """`flags` are settings by name, before environment and file.

        Raises: InputError for a bad setting.
        """
        super().__init__(settings, **flags)
        self._sidecar = open_sidecar(self.settings, user=self)
        self._background = Background()

    async def aclose(self) -> None:
        """What runs in the background is stopped at once, and can be resumed."""
        await asyncio.to_thread(self._background.close)
        await asyncio.to_thread(lambda: close_sidecar(self._sidecar, user=self))
        await super().aclose()

    def run(
        self,
        file: Path | str,
        *,
        variables: Mapping[str, str] | None = None,
        directory: Path | str | None = None,
        only: Sequence[str] = (),
        from_step: str | None = None,
        max_concurrency: int | None = None,
        approved: bool | None = None,
        run_id: str | None = None,
        on_event: Listener | None = None,
    ) -> PlanRun:
        """Run a plan file to its end, or until a person is asked (`waiting`); the run as it is.

        `directory` is where relative paths begin, by default the file's folder. `only` runs these
        steps and no others, `from_step` one and all that depend on it. `approved` answers a plan
        that asks for approval. `on_event` hears of every event once it is kept.
        Raises: PlanInvalid with all that is wrong with the file or the variables; InputError;
        EnvironmentFault. A failed step is no error: see `PlanRun.status`.
        """
        return wait(
            self.arun(
                file,
                variables=variables,
                directory=directory,
                only=only,
                from_step=from_step,
                max_concurrency=max_concurrency,
                approved=approved,
                run_id=run_id,
                on_event=on_event,
            )
        )

    async def arun(
        self,
        file: Path | str,
        *,
        variables: Mapping[str, str] | None = None,
        directory: Path | str | None = None,
        only: Sequence[str] = (),
        from_step: str | None = None,
        max_concurrency: int | None = None,
        approved: bool | None = None,
        run_id: str | None = None,
        on_event: Listener | None = None,
        stop: asyncio.Event | None = None,
    ) -> PlanRun:
        """See `run`. Setting `stop` cancels it, and steps that clean up still run; cancelling the
        coroutine kills everything at once.
        """
        options = {
            "only": list(only),
            "from_step": from_step,
            "max_concurrency": max_concurrency,
            "approved": approved,
        }
        order = await asyncio.to_thread(
            _new_order,
            Path(file),
            dict(variables or {}),
            None if directory is None else Path(directory),
            options,
            await self._name(run_id),
        )
        return await self._go(order, on_event=on_event, stop=stop)

    def resume(
        self,
        run_id: str,
        *,
        answers: Mapping[str, str] | None = None,
        approved: bool | None = None,
        variables: Mapping[str, str] | None = None,
        max_concurrency: int | None = None,
        on_event: Listener | None = None,
    ) -> PlanRun:
        """Go on with a run: what succeeded is not run again, all else is decided anew.

        `answers` has, for each step that was cut off and is not to be run twice, `rerun`, `done` or
        `failed`; `approved` answers a plan that asks for approval; of `variables`, the secret ones
        are given again, for they are kept nowhere.
        Raises: as `run`; ThreadBusy when a process runs it.
        """
        return wait(
            self.aresume(
                run_id,
                answers=answers,
                approved=approved,
                variables=variables,
                max_concurrency=max_concurrency,
                on_event=on_event,
            )
        )

    async def aresume(
        self,
        run_id: str,
        *,
        answers: Mapping[str, str] | None = None,
        approved: bool | None = None,
        variables: Mapping[str, str] | None = None,
        max_concurrency: int | None = None,
        on_event: Listener | None = None,
        stop: asyncio.Event | None = None,
    ) -> PlanRun:
        """See `resume`, and `arun` for `stop`."""
        run = await self.afind(run_id)
        if run.status == "succeeded":
            return run
        bound = await asyncio.to_thread(_bound_again, run, dict(variables or {}))
        options = {
            "answers": dict(answers or {}),
            "approved": approved,
            "max_concurrency": max_concurrency,
        }
        given: PlanInput = {"file": "", "run_id": run_id, "options": options}
        order = Order(
            run_id=run_id, given=given, secrets=_secrets(bound, variables or {}), bound=bound
        )
        return await self._go(order, on_event=on_event, stop=stop)

    def start(self, file: Path | str, **options: Any) -> PlanRun:
        """`run` in the background: the run as it has begun; `join` waits for its end.

        It runs as long as this object is open. Takes and raises what `run` does.
        """
        named = {**options, "run_id": options.get("run_id") or new_run_id()}
        heard: Listener | None = named.pop("on_event", None)
        return self._background.start(
            named["run_id"],
            lambda told: self.arun(file, on_event=_both(told, heard), **named),
            lambda: self.find(named["run_id"]),
        )

    async def astart(self, file: Path | str, **options: Any) -> PlanRun:
        """See `start`."""
        return await asyncio.to_thread(lambda: self.start(file, **options))

    def join(self, run_id: str) -> PlanRun:
        """The end of a run that `start` began. Raises: what `run` raises; InputError."""
        return self._background.join(run_id)

    async def ajoin(self, run_id: str) -> PlanRun:
        """See `join`."""
        return await asyncio.to_thread(self.join, run_id)

    def cancel(self, run_id: str, reason: str = "", *, wait_s: float = CANCEL_S) -> PlanRun:
        """Cancel a run, whichever process runs it: running steps are ended, those that clean up
        still run. Asked a second time, everything is killed at once.

        Returns the run when it is over, or as it is after `wait_s` seconds. A run that nobody runs
        is taken up for its cleaning up.
        Raises: InputError for a run that is over, or is not known.
        """
        return wait(self.acancel(run_id, reason, wait_s=wait_s))

    async def acancel(self, run_id: str, reason: str = "", *, wait_s: float = CANCEL_S) -> PlanRun:
        """See `cancel`."""
        store = await self._opened.store()
        await bury(store)
        times = await store.ask_stop(run_id, reason)
        run = await store.run(run_id)
        if run.status in ("waiting", "interrupted"):
            return await self._cancel_idle(run, reason, times)
        loop = asyncio.get_running_loop()
        end = loop.time() + wait_s
        while run.status not in OVER and loop.time() < end:
            await asyncio.sleep(_POLL_S)
            run = await store.run(run_id)
            if run.status in ("waiting", "interrupted"):  # it stopped before it saw the wish
                return await self._cancel_idle(run, reason, times)
        return run

    # Below the API

    async def _name(self, run_id: str | None) -> str:
        """A new run's. Raises: InputError for one that will not do, or is taken."""
        if run_id is None:
            return new_run_id()
        store = await self._opened.store()
        if await store.has(check_run_id(run_id)):
            raise taken(run_id)
        return run_id

    async def _cancel_idle(self, run: PlanRun, reason: str, times: int) -> PlanRun:
        """Nobody runs it. What has begun may have to be cleaned up, unless it is to end at once."""
        store = await self._opened.store()
        attempts = await store.attempts(run.run_id)
        if not attempts or times > 1:
            await end_at_once(store, run.run_id, reason=reason or "cancelled")
            return await store.run(run.run_id)
        steps = {step.id: step for step in (await asyncio.to_thread(plan_in, run)).steps}
        results = await store.results(run.run_id)
        last = {one.step: one for one in attempts}
        answers = {
            name: "failed"
            for name, one in last.items()
            if one.ended_at is None and name not in results and not steps[name].idempotent
        }
        stop = asyncio.Event()
        stop.set()
        return await self.aresume(run.run_id, answers=answers, stop=stop)

    async def _go(
        self, order: Order, *, on_event: Listener | None, stop: asyncio.Event | None
    ) -> PlanRun:
        # LangGraph takes a second to import, which looking at runs need not wait for.
        from gatewright.orchestration.walking import walk_run  # noqa: PLC0415

        order.on_event = on_event
        if stop is not None:
            order.stop = stop
        store = await self._opened.store()
        await bury(store)
        house = House(settings=self.settings, store=store, sidecar=self._sidecar)
        return await walk_run(house, order)


def _new_order(
    file: Path,
    variables: dict[str, str],
    directory: Path | None,
    options: dict[str, Any],
    run_id: str,
) -> Order:
    """All that can be wrong is found here, before anything is kept. Blocks."""
    bound = bind(load(file), variables)
    secrets = _secrets(bound, variables)
    given: PlanInput = {
        "file": str(file.expanduser().absolute()),
        "directory": "" if directory is None else str(directory.expanduser().absolute()),
        "variables": {name: value for name, value in variables.items() if name not in secrets},
        "options": options,
        "run_id": run_id,
    }
    return Order(run_id=run_id, given=given, secrets=secrets, bound=bound)


def _bound_again(run: PlanRun, variables: dict[str, str]) -> Bound:
    """Blocks."""
    plan = plan_in(run)
    for name in variables:
        if name not in plan.variables or not plan.variables[name].secret:
            raise InputError(
                "variable",
                name,
                "is not secret, so the run has its own already",
                "Leave it out, or begin a new run.",
            )
    return bind(plan, {**run.variables, **variables})


def _secrets(bound: Bound, given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name in bound.secrets}


def _both(first: Listener, second: Listener | None) -> Listener:
    if second is None:
        return first

    def tell(event: Any) -> None:
        first(event)
        second(event)

    return tell
