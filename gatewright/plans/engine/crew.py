"""The crew of a plan's run: places, resources and locks, and what is done with them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

from gatewright.domain.errors import GatewrightError
from gatewright.domain.plan_ports import Locks, PlanStore
from gatewright.domain.plan_run import PlanRun, StepResult
from gatewright.plans.documents.document import PlanStep
from gatewright.plans.engine.attempt import Performer
from gatewright.plans.engine.telling import Teller
from gatewright.plans.engine.unchanged import has_all, key_of
from gatewright.plans.scheduling.loop import Again, Turn
from gatewright.plans.scheduling.slots import NOTHING, Needs, Slots
from gatewright.plans.variables.bound import Bound, Call

_MOST_EARLY = 256
"""Steps at a time that look whether they are unchanged, or wait for another process's lock."""


class PlanCrew:
    """Implements `Crew` for a plan.

    A step with locks or inputs is early: it takes its locks, of which this run asks for each only
    once at a time and in the order of the plan, looks whether it is unchanged, and only then
    waits for a place. So what waits for another process's lock takes no place from others.
    """

    def __init__(
        self,
        bound: Bound,
        run: PlanRun,
        *,
        max_concurrency: int,
        performer: Performer,
        teller: Teller,
        store: PlanStore | None,
        locks: Locks | None,
    ) -> None:
        """Raises: InputError for a step that asks for more of a resource than there is."""
        self.stir: Callable[[], None] = lambda: None
        """Makes the loop take a turn; given once there is one."""
        self._run = run
        self._mask = bound.mask
        self._performer = performer
        self._store = store
        self._locks = locks
        self._teller = teller
        self._steps = {step.id: step for step in bound.plan.steps}
        self._numbers = {step: number for number, step in enumerate(self._steps)}
        self._slots = _slots(bound, max_concurrency)
        self._needs = _needs(bound, self._slots)
        self._lock_slots = _lock_slots(bound)
        self._read = _read_steps(bound)
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def offer(self, step: str) -> None:
        """See `Crew`."""
        plan_step = self._steps[step]
        if not _is_early(plan_step):
            self._offer_place(step)
            return
        names = tuple((name, 1) for name in sorted(set(plan_step.locks)))
        self._lock_slots.offer(step, number=self._numbers[step], needs=names)

    def withdraw(self, step: str) -> None:
        """See `Crew`."""
        self._lock_slots.withdraw(step)
        self._slots.withdraw(step)

    def early(self) -> Sequence[str]:
        """See `Crew`: those whose locks are free within this run."""
        return self._lock_slots.admit()

    def admit(self) -> Sequence[str]:
        """See `Crew`."""
        return self._slots.admit()

    def tell(self, turn: Turn) -> Awaitable[None] | None:
        """See `Crew`."""
        return self._teller.tell(turn)

    def go(self, step: str) -> None:
        """See `Crew`."""
        waiting = self._waiting.pop(step, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def release(self, step: str) -> None:
        """See `Crew`; its place and what it holds of resources."""
        self._waiting.pop(step, None)
        self._slots.withdraw(step)
        self._slots.release(step)
        self._lock_slots.release(step)

    def begin(
        self, step: str, came: Callable[[StepResult | Again | Exception], None]
    ) -> asyncio.Future[None] | None:
        """See `Crew`."""
        plan_step = self._steps[step]
        return None if _is_early(plan_step) else self._performer.begin(plan_step, came)

    def perform(self, step: str) -> Coroutine[Any, Any, StepResult | Again]:
        """See `Crew`."""
        plan_step = self._steps[step]
        if _is_early(plan_step):
            return self._perform_early(plan_step)
        return self._performer.attempt(plan_step)

    async def _perform_early(self, step: PlanStep) -> StepResult | Again:
        try:
            async with AsyncExitStack() as held:
                if step.locks and self._locks is not None:
                    await held.enter_async_context(self._locks.hold(sorted(set(step.locks))))
                call = await self._performer.call(step)
                if step.inputs and await self._is_unchanged(step, call):
                    return StepResult(
                        status="succeeded",
                        exit_code=step.success_codes[0],
                        unchanged=True,
                        reason="unchanged since its last success",
                    )
                await self._place_for(step.id)
                return await self._performer.attempt(step, call)
        except GatewrightError as error:
            return StepResult(status="failed", reason=str(error))

    async def _place_for(self, step: str) -> None:
        waiting = self._waiting[step] = asyncio.get_running_loop().create_future()
        self._offer_place(step)
        self.stir()
        await waiting

    def _offer_place(self, step: str) -> None:
        needs = self._needs.get(step, NOTHING)
        self._slots.offer(step, number=self._numbers[step], needs=needs)

    async def _is_unchanged(self, step: PlanStep, call: Call) -> bool:
        cwd = self._performer.cwd(call)
        key = await asyncio.to_thread(key_of, call, folder=cwd, mask=self._mask)
        if key is None:
            return False
        self._teller.keys[step.id] = key
        if self._store is None or step.id in self._read:
            return False
        last = await self._store.unchanged_key(self._run.plan_id, step.id, self._run.folder)
        return last == key and await asyncio.to_thread(has_all, call.outputs, folder=cwd)


def _is_early(step: PlanStep) -> bool:
    return bool(step.locks or step.inputs)


def _slots(bound: Bound, max_concurrency: int) -> Slots:
    own = bound.plan.globals.resources
    return Slots(max_concurrency, capacities={"cpu": os.cpu_count() or 1, **own})


def _needs(bound: Bound, slots: Slots) -> dict[str, Needs]:
    found: dict[str, Needs] = {}
    for step in bound.plan.steps:
        if step.resources:
            found[step.id] = tuple(sorted(step.resources.items()))
            slots.check(step.id, found[step.id])
    return found


def _lock_slots(bound: Bound) -> Slots:
    names = {name for step in bound.plan.steps for name in step.locks}
    return Slots(_MOST_EARLY, capacities=dict.fromkeys(names, 1))


def _read_steps(bound: Bound) -> frozenset[str]:
    """Steps whose output others need: only running them brings it."""
    steps = bound.plan.steps
    if not any(step.inputs for step in steps):
        return frozenset()
    read = {step.id for step in steps if step.captures}
    return frozenset(read.union(*(bound.reads(step.id) for step in steps)))
