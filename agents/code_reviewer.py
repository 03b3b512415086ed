"""The code reviewer: may this change go to the gate?"""

from agents.brief import (
    Brief,
    conversation,
    diff_section,
    notes_section,
    sources_section,
    step_section,
    task_section,
)
from agents.structured import Answered, ask
from agents.verdict import Verdict
from gatewright.domain.plan import Step
from gatewright.domain.ports import Model


async def review_code(model: Model, brief: Brief, step: Step, diff: str) -> Answered[Verdict]:
    """A verdict on a step's diff.

    Raises: BadAnswer, ModelFault.
    """
    messages = conversation(
        "code_reviewer",
        [
            task_section(brief.task),
            step_section(step),
            sources_section(brief.sources),
            diff_section("Diff", diff),
            notes_section(brief.notes),
        ],
    )
    return await ask(model, messages, Verdict)
