"""The planner: a task becomes steps."""

from agents.brief import (
    Brief,
    conversation,
    findings_section,
    notes_section,
    paths_section,
    plan_section,
    sources_section,
    task_section,
)
from agents.structured import Answered, ask
from gatewright.domain.plan import Plan
from gatewright.domain.ports import Model


async def plan_task(model: Model, brief: Brief, *, before: Plan | None = None) -> Answered[Plan]:
    """A plan; `before` is the rejected one, whose findings are in the brief.

    Raises: BadAnswer, ModelFault.
    """
    messages = conversation(
        "planner",
        [
            task_section(brief.task),
            paths_section(brief.paths),
            sources_section(brief.sources),
            f"The plan before was rejected.\n{plan_section(before)}" if before else "",
            findings_section(brief.findings),
            notes_section(brief.notes),
        ],
    )
    return await ask(model, messages, Plan)
