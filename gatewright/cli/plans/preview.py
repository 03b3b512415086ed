"""A dry run: what is asked for, the plan, and what is known from before, put together."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gatewright.cli.plans.intents import Intent, Intents, Kept
from gatewright.cli.plans.opened import looking
from gatewright.cli.plans.order import Order
from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.orchestration.monitor import OrchestrationMonitor
from gatewright.plans.documents.document import PlanStep
from gatewright.plans.documents.loading import load, loads
from gatewright.plans.engine.unchanged import has_all, key_of
from gatewright.plans.variables.bound import Bound, bind


class Preview(NamedTuple):
    """Each step of a plan with what would become of it, in the order of the plan."""

    plan_id: str
    intents: tuple[Intent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What would be run, and what is known of it."""

    bound: Bound
    folder: str
    """Where relative paths begin."""
    earlier: Mapping[str, StepResult]
    chosen: tuple[str, ...] | None
    read: frozenset[str]
    """Steps whose output others read: they are run, whatever their files are."""


async def preview(order: Order) -> Preview:
    """Look at everything, run nothing.

    Raises: PlanInvalid, InputError; EnvironmentFault when the state database cannot be used.
    """
    async with looking() as monitor:
        asked = await (_again(order, monitor) if order.path is None else _new(order, order.path))
        plan = asked.bound.plan
        keys = {
            step.id: await monitor.alast_key(plan.plan_id, step.id, asked.folder)
            for step in plan.steps
            if step.inputs
        }
        intents = Intents(
            asked.bound,
            earlier=asked.earlier,
            chosen=asked.chosen,
            kept=lambda step: _kept(step, asked, last=keys.get(step.id)),
        )
        return Preview(plan.plan_id, await asyncio.to_thread(intents.all))


async def _new(order: Order, path: Path) -> _Asked:
    plan = await asyncio.to_thread(load, path)
    folder = await asyncio.to_thread((order.directory or path.parent).resolve)
    bound = bind(plan, order.variables)
    return _Asked(
        bound=bound,
        folder=str(folder),
        earlier={},
        chosen=order.chosen(plan),
        read=_read(bound),
    )


async def _again(order: Order, monitor: OrchestrationMonitor) -> _Asked:
    progress = await monitor.aprogress(order.resume or "")
    run = progress.run
    plan = await asyncio.to_thread(lambda: loads(run.plan, name=run.plan_path))
    steps = run.options.get("steps")
    for name in order.variables:
        if name not in plan.variables or not plan.variables[name].secret:
            problem = "is not secret, so the run has its own already"
            raise InputError("--var", name, problem, "Leave it out, or begin a new run.")
    bound = bind(plan, {**run.variables, **order.variables})
    return _Asked(
        bound=bound,
        folder=run.folder,
        earlier=progress.steps,
        chosen=None if steps is None else tuple(steps),
        read=_read(bound),
    )


def _kept(step: PlanStep, asked: _Asked, *, last: str | None) -> Kept:
    """Whether its files are as they were; reads them."""
    if not step.inputs or step.id in asked.read:
        return "no"
    if last is None:
        return "new"
    if asked.bound.reads(step.id):
        return "unknown"
    call = asked.bound.call(step, {}, _nothing)
    folder = str(Path(asked.folder, call.cwd or ""))
    key = key_of(call, folder=folder, mask=asked.bound.mask)
    return "same" if key == last and has_all(call.outputs, folder=folder) else "changed"


def _read(bound: Bound) -> frozenset[str]:
    return frozenset().union(*(bound.reads(step.id) for step in bound.plan.steps))


def _nothing(step: str, stream: str) -> str:
    return ""
