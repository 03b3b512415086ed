"""The code reviewer: may this change go to the gate?"""

from agents.brief import Brief, step_section, task_section
from agents.fitting import Turn
from agents.room import Room
from agents.sections import diff_part, file_parts, needed, notes_part
from agents.structured import Answered, ask
from agents.telling import tell
from agents.verdict import Verdict
from gatewright.domain.plan import Step
from gatewright.domain.ports import Model


async def review_code(
    model: Model, brief: Brief, step: Step, diff: str, *, room: Room | None = None
) -> Answered[Verdict]:
    """A verdict on a step's diff.

    Raises: BadAnswer, ModelFault.
    """
    sections = [
        needed(task_section(brief.task)),
        needed(step_section(step)),
        *file_parts(brief),
        diff_part("Diff", diff, turn=Turn.NEEDED),
        notes_part(brief.notes),
    ]
    told = await tell(model, "code_reviewer", sections, room=room, schema=Verdict)
    return await ask(model, told.messages, Verdict, room=room)
