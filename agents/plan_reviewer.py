"""The plan reviewer: may this plan be implemented?"""

from agents.brief import (
    Brief,
    conversation,
    notes_section,
    paths_section,
    plan_section,
    sources_section,
    task_section,
)
from agents.structured import Answered, ask
from agents.verdict import Verdict
from gatewright.domain.plan import Plan
from gatewright.domain.ports import Model


async def review_plan(model: Model, brief: Brief, plan: Plan) -> Answered[Verdict]:
    """A verdict on a plan.

    Raises: BadAnswer, ModelFault.
    """
    messages = conversation(
        "plan_reviewer",
        [
            task_section(brief.task),
            paths_section(brief.paths),
            sources_section(brief.sources),
            plan_section(plan),
            notes_section(brief.notes),
        ],
    )
    return await ask(model, messages, Verdict)
