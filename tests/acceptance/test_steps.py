"""A plan of several steps, by models, over HTTP: every step is a commit on the one before."""

from typing import Any

import pytest

from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer, Request
from tests.support.projects import git
from tests.support.scripts import (
    APPROVED,
    FILE,
    MODEL,
    REVIEWER,
    RIGHT,
    WRONG,
    fix,
    flags,
    says,
    script,
)

THIRD = "openai/gpt-4.1"
TWO_STEPS = {
    "why": "The limit first, then its name.",
    "steps": [
        {"title": "Allow the limit", "what": "Mend the comparison.", "files": [FILE]},
        {"title": "Name the limit", "what": "Add ledger/limits.py.", "files": ["ledger/limits.py"]},
    ],
    "risks": [],
}
NO_DOCSTRING = {
    "verdict": "rejected",
    "why": "A module needs a docstring.",
    "concerns": [{"message": "Say what the module is for.", "file": "ledger/limits.py"}],
}
IMPLEMENTER_RULE, REVIEWER_RULE = 2, 3


def new_file(text: str, path: str = "ledger/limits.py") -> dict[str, Any]:
    return says(f"{path}\n```python\n{text}```\n")


POOR = new_file("LIMIT = 0\n")
GOOD = new_file('"""How far an account may go."""\n\nLIMIT = 0\n')


def prompts(requests: list[Request], rule: int) -> list[str]:
    return [r.body["messages"][-1]["content"] for r in requests if r.rule == rule]


@pytest.mark.slow
async def test_a_rejection_in_the_second_step_leaves_the_first_alone(workshop: Workshop) -> None:
    task = workshop.task("two-steps")
    answers = script(
        planner=[says(TWO_STEPS)],
        implementer=[says(fix("whole")), POOR, GOOD],
        code_reviewer=[says(APPROVED), says(NO_DOCSTRING), says(APPROVED)],
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url, edit_format="whole")) as gatewright:
            result = await gatewright.arun(task)
        told = prompts(server.requests, IMPLEMENTER_RULE)
        reviewed = prompts(server.requests, REVIEWER_RULE)
    assert (result.state, result.attempts) == ("done", 3)
    assert [(s.title, s.state, s.attempts) for s in result.steps] == [
        ("Allow the limit", "completed", 1),
        ("Name the limit", "completed", 2),
    ]
    log = git(task["repo"], "log", "--format=%H %s", f"main..{result.branch}").splitlines()
    assert log == [f"{s.commit} {s.title}" for s in reversed(result.steps)]
    assert git(task["repo"], "show", f"{result.branch}:ledger/limits.py").startswith('"""How far')
    assert "Say what the module is for." in told[2]
    assert "+LIMIT = 0" in told[2]
    assert RIGHT in told[2]
    assert WRONG not in told[2]
    assert "ledger/account.py b/" not in reviewed[1]


@pytest.mark.slow
async def test_the_gate_sends_the_whole_plan_back_once_every_step_is_made(
    workshop: Workshop,
) -> None:
    task = workshop.task("late")
    useless = says(fix("whole", right=RIGHT.replace("<", ">=")))
    answers = script(planner=[says(TWO_STEPS)], implementer=[useless, GOOD, says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url, edit_format="whole")) as gatewright:
            result = await gatewright.arun(task)
        told = prompts(server.requests, IMPLEMENTER_RULE)
    assert (result.state, result.attempts, len(result.steps)) == ("done", 3, 2)
    assert git(task["repo"], "rev-list", "--count", f"main..{result.branch}").strip() == "3"
    assert "tests/test_account.py" in told[2]
    assert "# File ledger/limits.py" in told[2], "the repair sees what the steps were about"


async def test_each_rejection_asks_the_next_model_and_no_author_reviews(
    workshop: Workshop,
) -> None:
    answers = script(
        planner=[says(TWO_STEPS)],
        implementer=[says(fix("whole")), POOR, GOOD],
        code_reviewer=[says(APPROVED), says(NO_DOCSTRING), says(APPROVED)],
    )
    async with OpenAIServer(answers) as server:
        given = flags(server.url, edit_format="whole")
        given["models"][THIRD] = given["models"][MODEL]
        given["routing"]["implementer"] = [MODEL, REVIEWER]
        given["routing"]["code_reviewer"] = [REVIEWER, THIRD]
        with workshop.gatewright(**given) as gatewright:
            result = await gatewright.arun(workshop.task("row"))
        asked = [(r.rule, r.model) for r in server.requests if r.rule >= IMPLEMENTER_RULE]
    first, second, third = (name.partition("/")[2] for name in (MODEL, REVIEWER, THIRD))
    assert result.state == "done"
    assert asked == [
        (IMPLEMENTER_RULE, first),
        (REVIEWER_RULE, second),
        (IMPLEMENTER_RULE, first),
        (REVIEWER_RULE, second),
        (IMPLEMENTER_RULE, second),
        (REVIEWER_RULE, third),
    ]


@pytest.mark.slow
async def test_a_rejected_repair_asks_the_next_model(workshop: Workshop) -> None:
    useless = says(fix("whole", right=RIGHT.replace("<", ">=")))
    answers = script(
        implementer=[
            useless,
            says(fix("whole", right=RIGHT.replace("<", ">"))),
            says(fix("whole")),
        ],
        code_reviewer=[says(APPROVED), says(NO_DOCSTRING), says(APPROVED)],
    )
    async with OpenAIServer(answers) as server:
        given = flags(server.url, edit_format="whole")
        given["models"][THIRD] = given["models"][MODEL]
        given["models"]["openai/gpt-4.1-mini"] = given["models"][MODEL]
        given["routing"]["implementer"] = [MODEL, "openai/gpt-4.1-mini", THIRD]
        with workshop.gatewright(**given) as gatewright:
            result = await gatewright.arun(workshop.task("repairs"))
    assert result.state == "done"
    assert result.models["implementer"] == (MODEL, "openai/gpt-4.1-mini", THIRD)


async def test_the_rules_speak_before_a_model_that_would_approve(workshop: Workshop) -> None:
    cheat = new_file("def test_nothing() -> None: ...\n", "tests/test_account.py")
    answers = script(implementer=[cheat, says(fix("whole"))])
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url, edit_format="whole")) as gatewright:
            result = await gatewright.arun(workshop.task("cheat"))
        told = prompts(server.requests, IMPLEMENTER_RULE)
        reviews = prompts(server.requests, REVIEWER_RULE)
    assert (result.state, result.attempts, len(reviews)) == ("done", 2, 1)
    assert "an existing test was changed" in told[1]
    assert result.models["code_reviewer"] == ("builtin/reviewer", REVIEWER)


async def test_the_rules_reject_a_plan_before_a_model_that_would_approve(
    workshop: Workshop,
) -> None:
    outside = {"title": "Look", "what": "Read it.", "files": ["../../etc/passwd"]}
    answers = script(
        planner=[says({**TWO_STEPS, "steps": [outside]}), says(TWO_STEPS)],
        implementer=[says(fix("whole")), GOOD],
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url, edit_format="whole")) as gatewright:
            result = await gatewright.arun(workshop.task("plan-rules"))
        planned, reviews = prompts(server.requests, 0), prompts(server.requests, 1)
    assert (result.state, len(planned), len(reviews)) == ("done", 2, 1)
    assert "unsafe path '../../etc/passwd'" in planned[1]
