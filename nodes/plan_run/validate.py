"""The node that binds a plan's variables, and keeps the run before anything of it happens."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import PlanRun
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.engine.events import now
from gatewright.plans.engine.selection import chosen_steps
from gatewright.plans.variables.bound import Bound, bind
from graph.plan_context import PlanContext
from graph.plan_state import PlanState, PlanUpdate
from nodes.plan_run.reading import bound_of, plan_of, text_of

KEPT = ("max_concurrency", "only", "from_step")
"""Options that are the run's; the others are answers to what it asks."""


async def validate(state: PlanState, runtime: Runtime[PlanContext]) -> PlanUpdate:
    """Reads the plan and what is given for its variables; writes nothing: the run is in the store
    afterwards.

    Raises: PlanInvalid naming each variable that is missing, unknown or against its pattern;
    InputError for a step that is not there, and for a secret that would be kept.
    """
    context = runtime.context
    if await _is_known(state, context):
        await bound_of(state, context)
        return {}
    plan = await plan_of(state, context)
    _refuse_kept_secrets(plan, state.variables)
    bound = context.bound.get(state.run_id)
    if not isinstance(bound, Bound):
        given = {**state.variables, **context.secrets}
        bound = await asyncio.to_thread(bind, plan, given)
    options = _options(plan, state.options)
    folder = await asyncio.to_thread(_folder, state)
    await context.store.begin(
        PlanRun(
            run_id=state.run_id,
            plan_id=plan.plan_id,
            plan=await asyncio.to_thread(text_of, plan),
            plan_path=await asyncio.to_thread(lambda: str(Path(state.file).absolute())),
            variables=dict(state.variables),
            options=options,
            folder=folder,
            started_by=context.started_by,
            started_at=now(),
        )
    )
    context.bound[state.run_id] = bound
    return {}


async def _is_known(state: PlanState, context: PlanContext) -> bool:
    """A second time, after a crash in here, the run has begun already."""
    try:
        await context.store.run(state.run_id)
    except InputError:
        return False
    return True


def _refuse_kept_secrets(plan: PlanFile, given: Mapping[str, str]) -> None:
    for name in given:
        if name in plan.variables and plan.variables[name].secret:
            raise InputError(
                f"variable {name}",
                "***",
                "is secret, and what a graph is given is kept in its checkpoints",
                "Run the plan by `gatewright plan run --var`, or by gatewright.orchestration.",
            )


def _options(plan: PlanFile, given: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: given[name] for name in KEPT if given.get(name)}
    steps = chosen_steps(
        plan.steps, only=options.get("only", ()), from_step=options.get("from_step")
    )
    return options if steps is None else {**options, "steps": list(steps)}


def _folder(state: PlanState) -> str:
    """Where relative paths begin, in full: steps' keys are kept by it. Blocks."""
    folder = Path(state.directory) if state.directory else Path(state.file).parent
    if not folder.is_dir():
        raise InputError(
            "directory", str(folder), "is no folder", "Name one that is there, or leave it out."
        )
    return str(folder.resolve())
