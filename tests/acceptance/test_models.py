"""The same job by models, over HTTP, in every form of answer."""

from pathlib import Path

import pytest

from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import MODEL, PLAN, REVIEWER, USAGE, fix, flags, says, script

PATCH = """\
-        if remaining <= ZERO:
+        if remaining < ZERO:"""
CALLS = 4
PLANNER_AND_IMPLEMENTER = 2 * (USAGE["input"] * 0.15e-6 + USAGE["output"] * 0.60e-6)
REVIEWERS = 2 * (USAGE["input"] * 2.5e-6 + USAGE["output"] * 10e-6)


@pytest.mark.parametrize("fmt", ["whole", "search_replace", "udiff"])
async def test_an_identical_patch_in_each_edit_format(fmt: str, workshop: Workshop) -> None:
    task = workshop.task(f"format-{fmt.replace('_', '-')}")
    async with OpenAIServer(script(implementer=[says(fix(fmt))])) as server:
        with workshop.gatewright(**flags(server.url, edit_format=fmt)) as gatewright:
            result = await gatewright.arun(task)
    assert result.branch is not None
    patch = git(task["repo"], "diff", "-U0", "main", result.branch)
    assert patch.splitlines()[-2:] == PATCH.splitlines()
    assert patch.count("\n") == 7  # four lines of header, the hunk's and the two


async def test_spends_what_the_provider_counted(workshop: Workshop) -> None:
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(workshop.task("spend"))
    assert result.cost_usd == pytest.approx(PLANNER_AND_IMPLEMENTER + REVIEWERS)
    assert (result.input_tokens, result.output_tokens) == (
        CALLS * USAGE["input"],
        CALLS * USAGE["output"],
    )


async def test_who_answered_is_in_the_result_and_in_the_database(workshop: Workshop) -> None:
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(workshop.task("who"))
            report = gatewright.report("who")
    assert result.models["implementer"] == (MODEL,)
    assert result.models["code_reviewer"] == (REVIEWER,)
    assert sum(node.llm_calls for node in report.nodes) == CALLS


async def test_an_edit_that_does_not_apply_is_asked_for_again(workshop: Workshop) -> None:
    wrong = "ledger/account.py\n<<<<<<< SEARCH\nno such line at all\n=======\nx\n>>>>>>> REPLACE\n"
    answers = [says(wrong), says(fix("search_replace"))]
    async with OpenAIServer(script(implementer=answers)) as server:
        with workshop.gatewright(**flags(server.url, edit_format="search_replace")) as gatewright:
            result = await gatewright.arun(workshop.task("again"))
        told = [r.body["messages"][-1]["content"] for r in server.requests if r.rule == 2]
    assert (result.state, result.attempts) == ("done", 1)
    assert "No file was changed" in told[1]


async def test_an_unknown_price_is_not_zero(workshop: Workshop) -> None:
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        spec = {"api_base": server.url, "api_key_env": "TEST_PROVIDER_KEY"}
        rows = {role: ["hosted_vllm/in-house"] for role in ("planner", "implementer")}
        with workshop.gatewright(models={"hosted_vllm/in-house": spec}, routing=rows) as gatewright:
            result = await gatewright.arun(workshop.task("unpriced"))
    assert (result.state, result.cost_usd) == ("done", None)


async def test_an_edit_outside_the_repository_is_refused_and_recorded(workshop: Workshop) -> None:
    task = workshop.task("outside")
    evil = "../../evil.py\n```python\nprint('out')\n```\n"
    async with OpenAIServer(script(implementer=[says(evil), says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(task)
    assert result.state == "done"
    assert not list(workshop.folder.rglob("evil.py"))
    assert result.log is not None
    assert "../../evil.py" in Path(result.log).read_text()


async def test_an_answer_of_the_wrong_shape_gets_one_repair_round(workshop: Workshop) -> None:
    answers = script(
        planner=[says({"steps": "none"}), says(PLAN)], implementer=[says(fix("whole"))]
    )
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(workshop.task("shape"))
    assert (result.state, len(server.requests)) == ("done", CALLS + 1)


async def test_the_key_is_nowhere(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-a-key-that-nobody-may-see"
    monkeypatch.setenv("TEST_PROVIDER_KEY", key)
    async with OpenAIServer({**script(implementer=[says(fix("whole"))]), "api_key": key}) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = await gatewright.arun(workshop.task("secret"))
    kept = [path for path in workshop.home.rglob("*") if path.is_file()]
    assert result.state == "done"
    assert [path for path in kept if key.encode() in path.read_bytes()] == []
