"""The plan reviewer: may this plan be implemented?"""

from agents.brief import Brief, plan_section, task_section
from agents.room import Room
from agents.sections import file_parts, map_part, needed, notes_part
from agents.structured import Answered, ask
from agents.telling import tell
from agents.verdict import Verdict
from gatewright.domain.plan import Plan
from gatewright.domain.ports import Model


async def review_plan(
    model: Model, brief: Brief, plan: Plan, *, room: Room | None = None
) -> Answered[Verdict]:
    """A verdict on a plan.

    Raises: BadAnswer, ModelFault.
    """
    sections = [
        needed(task_section(brief.task)),
        map_part(brief, room=room),
        *file_parts(brief),
        needed(plan_section(plan)),
        notes_part(brief.notes),
    ]
    told = await tell(model, "plan_reviewer", sections, room=room, schema=Verdict)
    return await ask(model, told.messages, Verdict, room=room)
