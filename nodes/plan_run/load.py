"""The node that reads a plan file."""

import hashlib

from langgraph.runtime import Runtime

from gatewright.domain.errors import InputError
from graph.plan_context import PlanContext
from graph.plan_state import PlanState, PlanUpdate
from nodes.plan_run.ids import check_run_id
from nodes.plan_run.reading import plan_of


async def load(state: PlanState, runtime: Runtime[PlanContext]) -> PlanUpdate:
    """Reads the file, or the run to go on with; writes the run's id, which stays the same when this
    runs again, and forgets how an earlier walk ended.

    Raises: PlanInvalid with all that is wrong in the file; InputError.
    """
    if not state.file and not state.run_id:
        raise InputError(
            "file", None, "is missing", "Name a plan file, or the run_id of a run to go on with."
        )
    run_id = check_run_id(state.run_id or _new_id(runtime))
    again: PlanUpdate = {"run_id": run_id, "status": "", "reason": "", "summary": {}}
    if state.run_id and not state.file:
        await runtime.context.store.run(run_id)  # it is known
        return again
    found = PlanState(run_id=run_id, file=state.file)
    await plan_of(found, runtime.context)
    return again


def _new_id(runtime: Runtime[PlanContext]) -> str:
    """Of the task that LangGraph made of this node: the same however often it runs."""
    info = runtime.execution_info
    made_of = f"{info.thread_id} {info.task_id}" if info else ""
    return f"run-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
