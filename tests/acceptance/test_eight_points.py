"""Eight points at which an earlier orchestrator of this kind did not do what its documents said."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from tests.acceptance.conftest import QUICK, Workshop
from tests.acceptance.test_steps import IMPLEMENTER_RULE, THIRD, prompts
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git, make_dirty, picture
from tests.support.scripts import (
    APPROVED,
    FILE,
    IMPLEMENTER,
    MODEL,
    PLAN,
    REJECTED,
    REVIEWER,
    RIGHT,
    USAGE,
    fix,
    flags,
    says,
    script,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = script(implementer=[says(fix("whole"))])
NO_WAIT = {"strategy": "immediate"}
COSTS = {MODEL: (0.15e-6, 0.60e-6), REVIEWER: (2.5e-6, 10e-6)}
"""USD of a token in, and out, as the provider lists them."""

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from gatewright.domain.task import Task
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger

async def main():
    async with open_database(Path(sys.argv[1])) as database:
        ledger = Ledger(database)
        await ledger.accept(Task(id="torn", goal="Write.", repo=Path("/")), "0" * 40)
        for number in itertools.count():
            await ledger.note("torn", "planning", f"{number}:" + "x" * 3000)
            print(number, flush=True)

asyncio.run(main())
"""
"""Keeps state for as long as it lives, and says what is kept."""


async def test_1_states_retries_run_log_router_and_figures_are_at_work(workshop: Workshop) -> None:
    answers = script(
        planner=[{"error": "overloaded"}, SCRIPT["rules"][0]["answers"][0]],
        implementer=[says(fix("whole"))],
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url), retries=NO_WAIT) as gatewright:
            result = await gatewright.arun(workshop.task("wired"))
            decided = gatewright.query(
                "select role from routing_decisions where task_id = 'wired' order by decided_at"
            )
            learned = gatewright.query(
                "select passed from routing_outcomes where task_id = 'wired'"
            )
            called = gatewright.query(
                "select c.request_model from llm_calls c join runs r using (trace_id) "
                "where r.task_id = 'wired'"
            )
        asked = [request.rule for request in server.requests]
    assert result.states[:4] == ("new", "planning", "plan_review", "plan_approved")
    assert asked == [0, 0, 1, 2, 3], "the failed call was made again, and no other"
    assert "**quality_gate** quality_gate: pytest passed" in Path(result.log or "").read_text()
    assert [row["role"] for row in decided] == [
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
    ]
    assert len(called) >= 4
    assert {row["passed"] for row in learned} == {True}


async def test_2_what_the_implementer_writes_is_what_the_gate_tests(workshop: Workshop) -> None:
    task = workshop.task("written")
    broken = says(fix("whole", right="        if remaining < ZERO and no_such_name:"))
    async with OpenAIServer(script(implementer=[broken, says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(task)
        told = prompts(server.requests, IMPLEMENTER_RULE)
    assert "no_such_name" in told[1], "the gate ran the code that the model wrote"
    assert RIGHT in git(task["repo"], "show", f"{result.branch}:{FILE}")


async def test_3_a_rejected_plan_and_a_rejected_change_are_tried_again(workshop: Workshop) -> None:
    bolder = {**PLAN, "steps": [{**PLAN["steps"][0], "title": "Allow the limit"}]}
    other = {**REJECTED, "why": "It is too bold.", "concerns": [{"message": "Do less."}]}
    answers = script(
        planner=[says(PLAN), says(bolder), says(PLAN)],
        plan_reviewer=[says(REJECTED), says(other), says(APPROVED)],
        implementer=[says(fix("whole", right=f"{RIGHT}  # first")), says(fix("whole"))],
        code_reviewer=[says(REJECTED), says(APPROVED)],
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(workshop.task("again"))
    assert (result.state, result.states.count("plan_rejected"), result.attempts) == ("done", 2, 2)


async def test_4_the_gate_knows_what_changed_and_what_to_run_and_sends_it_back(
    workshop: Workshop,
) -> None:
    careless = says(fix("whole").replace("```python\n", "```python\nimport os\n"))
    task = workshop.task("gated", gate={**QUICK, "ruff": True})
    async with OpenAIServer(script(implementer=[careless, says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(task)
        told = prompts(server.requests, IMPLEMENTER_RULE)
    assert (result.state, result.attempts) == ("done", 2)
    assert f"{FILE}" in told[1], "the changed file is named"
    assert "F401" in told[1]
    assert result.gate is not None
    assert {"pytest", "ruff"} <= {check.check for check in result.gate.checks}


async def test_5_the_cost_is_what_the_provider_says_was_used(workshop: Workshop) -> None:
    async with OpenAIServer(SCRIPT) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(workshop.task("priced"))
        models = [f"openai/{request.model}" for request in server.requests]
    expected = sum(
        USAGE["input"] * COSTS[model][0] + USAGE["output"] * COSTS[model][1] for model in models
    )
    assert result.cost_usd == pytest.approx(expected)
    assert (result.input_tokens, result.output_tokens) == (4 * USAGE["input"], 4 * USAGE["output"])


async def test_6_nobody_reviews_what_they_made_themselves(workshop: Workshop) -> None:
    """The first choice to implement is out of order, so the first choice to review stands in."""
    answers = SCRIPT | {
        "rules": [
            {
                "when": IMPLEMENTER,
                "model": MODEL.partition("/")[2],
                "answers": [{"error": "model_not_found"}],
            },
            *SCRIPT["rules"],
        ]
    }
    given: dict[str, Any] = {}
    async with OpenAIServer(answers) as server:
        given = flags(server.url)
        given["models"][THIRD] = given["models"][MODEL]
        given["routing"]["implementer"] = [MODEL, REVIEWER]
        given["routing"]["code_reviewer"] = [REVIEWER, THIRD]
        with workshop.gatewright(**given) as gatewright:
            result = await gatewright.arun(workshop.task("apart"))
    assert result.state == "done"
    assert result.models["implementer"] == (REVIEWER,)
    assert result.models["code_reviewer"] == (THIRD,)


async def test_7_no_state_is_lost_when_a_process_dies_while_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    for _ in range(30):
        await writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    rest = await writer.stdout.read()
    await writer.wait()
    said = 29 + len(rest.split(b"\n")[:-1])
    async with open_database(path) as database:
        async with database.execute("PRAGMA integrity_check") as cursor:
            assert await cursor.fetchone() == ("ok",)
        history = await Ledger(database).history("torn")
    kept = [one.detail.partition(":") for one in history if one.kind == "state"]
    assert [int(number) for number, _, _ in kept] == list(range(len(kept)))
    assert len(kept) - 1 in (said, said + 1), "nothing that was said to be kept is missing"
    assert {len(text) for _, _, text in kept} == {3000}, "and nothing is there in part"


async def test_8_the_users_checkout_is_not_touched(workshop: Workshop) -> None:
    task = workshop.task("untouched", base="main")
    repo = Path(task["repo"])
    make_dirty(repo)
    before = picture(repo)
    async with OpenAIServer(SCRIPT) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(task)
    assert picture(repo) == before
    assert git(repo, "branch", "--show-current").strip() == "mine"
    assert git(repo, "diff", "--name-only", "main", str(result.branch)).split() == [FILE]
