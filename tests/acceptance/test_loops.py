"""Every loop turns three times at most; then a person is asked, and their answer goes on."""

import pytest

from gatewright.domain.errors import InputError, ModelFault
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import APPROVED, PLAN, REJECTED, RIGHT, fix, flags, says, script

CONCERNS = ("Say what is compared.", "Say with what.", "Say which comparison.")
REJECTIONS = [says({**REJECTED, "concerns": [{"message": said}]}) for said in CONCERNS]
"""No two alike: what repeats is a loop that ends earlier (tests/acceptance/test_review.py)."""
PLANS = [says({**PLAN, "steps": [{**PLAN["steps"][0], "what": said}]}) for said in CONCERNS]
CHANGES = [says(fix("whole", right=RIGHT.replace("<", sign))) for sign in (">=", ">", "==")]
USELESS = RIGHT.replace("<", ">=")
"""An edit that applies and makes the tests fail."""


@pytest.mark.slow
async def test_three_rejected_plans_ask_a_person_who_approves(workshop: Workshop) -> None:
    task = workshop.task("plans")
    answers = script(planner=PLANS, plan_reviewer=REJECTIONS, implementer=[says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            done = await gatewright.aresume("plans", "approve")
    assert asked.state == "awaiting_human"
    assert asked.question is not None
    assert (asked.question.stop.at, asked.question.stop.kind) == ("plan_reviewer", "rejected")
    assert [f.message for f in asked.findings] == ["Say which comparison."]
    assert done.state == "done"
    assert asked.states.count("plan_rejected") == 2


@pytest.mark.slow
async def test_three_rejected_changes_ask_a_person_who_says_more(workshop: Workshop) -> None:
    task = workshop.task("changes")
    answers = script(
        code_reviewer=[*REJECTIONS, says(APPROVED)], implementer=[*CHANGES, says(fix("whole"))]
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            done = await gatewright.aresume("changes", "retry", note="Mind the exact limit.")
        told = [r.body["messages"][-1]["content"] for r in server.requests if r.rule == 2]
    assert (asked.state, asked.attempts) == ("awaiting_human", 3)
    assert (done.state, done.attempts) == ("done", 4)
    assert "Mind the exact limit." in told[3]


@pytest.mark.slow
async def test_three_failures_of_the_gate_ask_a_person_who_tries_again(workshop: Workshop) -> None:
    task = workshop.task("gate")
    answers = script(implementer=[*CHANGES, says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            done = await gatewright.aresume("gate", "retry")
    assert asked.question is not None
    assert (asked.state, asked.question.stop.kind) == ("awaiting_human", "gate_failed")
    assert {finding.check for finding in asked.findings} == {"pytest"}
    assert (done.state, done.attempts) == ("done", 4)


async def test_the_gates_findings_reach_the_implementer(workshop: Workshop) -> None:
    task = workshop.task("repair")
    answers = script(implementer=[says(fix("whole", right=USELESS)), says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url, edit_format="whole")) as gatewright:
            done = await gatewright.arun(task)
        told = [r.body["messages"][-1]["content"] for r in server.requests if r.rule == 2]
    assert (done.state, done.attempts) == ("done", 2)
    assert "tests/test_account.py" in told[1]


async def test_a_person_may_end_it(workshop: Workshop) -> None:
    task = workshop.task("ended")
    async with OpenAIServer(script(planner=PLANS, plan_reviewer=REJECTIONS)) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            ended = await gatewright.aresume("ended", "reject")
    assert (ended.state, ended.branch) == ("failed", None)
    assert "gatewright/ended" not in git(task["repo"], "branch", "--list", "gatewright/*")


async def test_an_answer_that_is_no_choice_is_refused_and_nothing_lost(workshop: Workshop) -> None:
    task = workshop.task("choice", budget={"max_tokens": 1000})
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            with pytest.raises(InputError, match="no choice here"):
                await gatewright.aresume("choice", "approve")
            done = await gatewright.aresume("choice", "retry", budget={"max_tokens": 100_000})
    assert done.state == "done"


async def test_the_budget_is_checked_before_a_call(workshop: Workshop) -> None:
    task = workshop.task("budget", budget={"max_cost_usd": 0.0001})
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
        calls = len(server.requests)
    assert asked.question is not None
    assert asked.question.stop.kind == "budget"
    assert "max_cost_usd" in asked.question.stop.reason
    assert calls == 0


async def test_answers_that_never_apply_ask_a_person(workshop: Workshop) -> None:
    refusals = [says(f"I would rather not {what}.") for what in ("do it", "try", "say", "ask")]
    async with OpenAIServer(script(implementer=refusals)) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(workshop.task("prose"))
        calls = len([r for r in server.requests if r.rule == 2])
    assert asked.question is not None
    assert (asked.question.stop.kind, calls) == ("no_edit_applies", 4)


async def test_a_refused_key_ends_the_run_which_goes_on_later(workshop: Workshop) -> None:
    task = workshop.task("key")
    answers = script(
        plan_reviewer=[{"error": "invalid_key"}, says(APPROVED)],
        implementer=[says(fix("whole"))],
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            with pytest.raises(ModelFault) as fault:
                await gatewright.arun(task)
            done = await gatewright.aresume("key")
        planned = [r for r in server.requests if r.rule == 0]
    assert fault.value.kind == "authentication"
    assert (done.state, len(planned)) == ("done", 1)


@pytest.mark.slow
async def test_a_search_that_the_budget_cut_short_asks_for_more_time(workshop: Workshop) -> None:
    task = workshop.task("short", budget={"max_seconds": 0.3})
    with workshop.gatewright() as gatewright:
        asked = await gatewright.arun(task)
        done = await gatewright.aresume("short", "retry", budget={"max_seconds": 600})
    assert asked.question is not None
    assert asked.question.stop.kind == "budget"
    assert done.state == "done"
