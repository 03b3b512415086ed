"""An answer that was paid for before a crash is its author's, whoever would be asked now."""

from agents.planner import plan_task
from gatewright.domain.conversation import Reply
from gatewright.domain.decision import Decision
from gatewright.domain.plan import Plan, Step
from gatewright.testing import ScriptedModel, ScriptedModels
from nodes.sources import brief
from tests.unit.nodes.desk_support import NoJournal, Ports, desk

PLAN = Plan(why="w", steps=(Step(title="a", what="b"),))
NOW = ScriptedModel("openai/now")


class Kept(NoJournal):
    async def recall(self, key: str) -> Reply | None:
        return Reply(text=PLAN.model_dump_json(), model="openai/before", cost_usd=0.25)


async def test_the_author_is_who_answered_and_not_who_was_chosen() -> None:
    at = desk(Ports(journal=Kept(), models=ScriptedModels(NOW)))
    model = at.model(Decision(model=NOW.name, candidates=(), reason="r", policy_version="v"))
    answered = await plan_task(model, await brief(at, "c"))
    assert (answered.answer, answered.model) == (PLAN, "openai/before")
    assert (NOW.calls, at.spent.cost_usd) == ([], 0.25)
