"""A person in the loop: what they are asked, and what becomes of what they write themselves."""

import pytest

from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import (
    FILE,
    MODEL,
    PLAN,
    REJECTED,
    REVIEWER,
    RIGHT,
    WRONG,
    fix,
    flags,
    says,
    script,
)

ONCE = {"rejections": 1}
WRONG_FIX = says(fix("whole", right=RIGHT.replace("<", ">=")))


@pytest.mark.slow
async def test_a_person_mends_the_diff_that_was_rejected(workshop: Workshop) -> None:
    """Asked in one process, answered in another; the second one's first try is refused."""
    task = workshop.task("diff")
    answers = script(implementer=[WRONG_FIX], code_reviewer=[says(REJECTED)])
    async with OpenAIServer(answers) as server:
        given = {**flags(server.url), "limits": ONCE}
        with workshop.gatewright(**given) as gatewright:
            asked = await gatewright.arun(task)
        assert asked.question is not None
        shown = asked.question.diff
        with workshop.gatewright(**given) as gatewright:
            refused = await gatewright.aresume("diff", "edit", diff="that is no diff")
            done = await gatewright.aresume("diff", "edit", diff=shown.replace(">= ZERO", "< ZERO"))
        calls = len(server.requests)
    assert f"-{WRONG}\n+{RIGHT.replace('<', '>=')}\n" in shown
    assert asked.question.concerns[-1] == f"code reviewer ({REVIEWER}), rejected: It is too vague."
    assert refused.question is not None
    assert refused.question.stop.reason.startswith("your edit was refused: ")
    assert (done.state, calls) == ("done", 4)
    assert RIGHT in git(task["repo"], "show", f"{done.branch}:{FILE}")
    assert done.models["implementer"] == (MODEL, "human")


async def test_a_person_replaces_what_failed_the_gate(workshop: Workshop) -> None:
    task = workshop.task("gate")
    async with OpenAIServer(script(implementer=[WRONG_FIX])) as server:
        with workshop.gatewright(**flags(server.url), limits=ONCE) as gatewright:
            asked = await gatewright.arun(task)
            assert asked.question is not None
            mended = asked.question.diff.replace(">= ZERO", "< ZERO")
            done = await gatewright.aresume("gate", "edit", diff=mended)
    assert asked.question.stop.kind == "gate_failed"
    assert done.state == "done"
    assert git(task["repo"], "rev-list", "--count", f"main..{done.branch}").strip() == "1"


async def test_a_person_writes_the_plan(workshop: Workshop) -> None:
    task = workshop.task("plan")
    steps = [{"title": "Mend it", "what": "Let the limit itself through.", "files": [FILE]}]
    answers = script(plan_reviewer=[says(REJECTED)], implementer=[says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url), limits=ONCE) as gatewright:
            await gatewright.arun(task)
            done = await gatewright.aresume("plan", "edit", plan={**PLAN, "steps": steps})
        [told] = [r.body["messages"][-1]["content"] for r in server.requests if r.rule == 2]
    assert (done.state, [s.title for s in done.steps]) == ("done", ["Mend it"])
    assert "Let the limit itself through." in told


async def test_a_loop_that_leads_nowhere_ends_early(workshop: Workshop) -> None:
    answers = script(implementer=[WRONG_FIX], code_reviewer=[says(REJECTED)])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url), limits={"rejections": 9}) as gatewright:
            asked = await gatewright.arun(workshop.task("stuck"))
    assert asked.question is not None
    assert (asked.question.stop.kind, asked.attempts) == ("stuck", 2)
    assert "the same change was made 2 times in a row" in asked.question.stop.reason


async def test_while_another_model_is_next_nothing_counts_as_stuck(workshop: Workshop) -> None:
    """Two models make the same change, and the third of the row is asked all the same."""
    answers = script(implementer=[WRONG_FIX, WRONG_FIX, says(fix("whole"))])
    others = ["openai/gpt-4.1-mini", "openai/gpt-4.1"]
    async with OpenAIServer(answers) as server:
        given = flags(server.url)
        given["models"] |= dict.fromkeys(others, given["models"][MODEL])
        given["routing"]["implementer"] = [MODEL, *others]
        with workshop.gatewright(**given) as gatewright:
            done = await gatewright.arun(workshop.task("another"))
        asked = [r.model for r in server.requests if r.rule == 2]
    assert done.state == "done"
    assert asked == ["gpt-4o-mini", "gpt-4.1-mini", "gpt-4.1"]


async def test_a_budget_pauses_and_goes_on_in_place(workshop: Workshop) -> None:
    """The planner's call is paid for, its reviewer's is not allowed any more."""
    task = workshop.task("budget", budget={"max_cost_usd": 0.006})
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            paused = len(server.requests)
            done = await gatewright.aresume("budget", "retry", budget={"max_cost_usd": 5.0})
        rules = [r.rule for r in server.requests]
    assert asked.question is not None
    assert asked.question.stop.kind == "budget"
    assert f"planner by {MODEL} $0.0003, 1200 tokens" in asked.question.stop.reason
    assert "Still to be done: the plan" in asked.question.stop.reason
    assert paused == 1
    assert (done.state, rules) == ("done", [0, 1, 2, 3])
