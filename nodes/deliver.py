"""The deliver node."""

from langgraph.runtime import Runtime

from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.desk import Desk


async def deliver(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the head that passed the gate; writes the branch and the outcome.

    The branch is created once: run again, the node finds it at the same commit.
    """
    desk = Desk(state, runtime, node="deliver")
    branch = f"gatewright/{desk.task.id}"
    await desk.context.workspace.deliver(desk.site, state.head, branch)
    await desk.context.workspace.close(desk.site)
    desk.emit("delivered", message=f"branch {branch} at {state.head[:12]}")
    return {**desk.update(), "branch": branch, "outcome": "done"}
