"""The planner: a task becomes steps."""

from agents.brief import Brief, task_section
from agents.room import Room
from agents.sections import (
    file_parts,
    findings_part,
    map_part,
    needed,
    notes_part,
    rejected_plan_part,
)
from agents.structured import Answered, ask
from agents.telling import tell
from gatewright.domain.plan import Plan
from gatewright.domain.ports import Model


async def plan_task(
    model: Model, brief: Brief, *, before: Plan | None = None, room: Room | None = None
) -> Answered[Plan]:
    """A plan; `before` is the rejected one, whose findings are in the brief.

    Raises: BadAnswer, ModelFault.
    """
    sections = [
        needed(task_section(brief.task)),
        rejected_plan_part(before),
        findings_part(brief.findings),
        map_part(brief, room=room),
        *file_parts(brief),
        notes_part(brief.notes),
    ]
    told = await tell(model, "planner", sections, room=room, schema=Plan)
    return await ask(model, told.messages, Plan, room=room)
