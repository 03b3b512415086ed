"""The node that says what a run came to."""

from collections import Counter

from langgraph.runtime import Runtime

from graph.plan_context import PlanContext
from graph.plan_state import PlanState, PlanUpdate

MOST_NAMED = 20


async def report(state: PlanState, runtime: Runtime[PlanContext]) -> PlanUpdate:
    """Reads the steps' results; writes how many came to what, and the first that failed."""
    results = await runtime.context.store.results(state.run_id)
    failed = [name for name, one in results.items() if one.status == "failed"]
    runtime.context.bound.pop(state.run_id, None)
    return {
        "summary": {
            "counts": dict(Counter(one.status for one in results.values())),
            "failed": failed[:MOST_NAMED],
            "folder": str(runtime.context.folder / state.run_id),
        }
    }
