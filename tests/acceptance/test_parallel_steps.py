"""Steps that do not need each other, by models, over HTTP: made at one time, merged in order."""

from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client

from gatewright.domain.events import Event
from gatewright.domain.result import TaskResult
from tests.acceptance.conftest import Workshop
from tests.acceptance.test_studio import served
from tests.crash.commands import toml
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git, picture
from tests.support.scripts import RIGHT, USAGE, fix, flags, says
from tests.support.three_steps import PLAN, TITLES, new_file, script


def together(answer: dict[str, Any], count: int = 3) -> dict[str, Any]:
    """Held until so many are asked at one time."""
    return {**answer, "together": count}


AT_ONCE = script(
    repair=together(says(fix("whole"))),
    limits=together(new_file("limits")),
    names=together(new_file("names")),
)


def settings(url: str, *, parallel: int = 3, **more: Any) -> dict[str, Any]:
    return {**flags(url, edit_format="whole"), "limits": {"parallel": parallel}, **more}


def subjects(repo: str, branch: str | None) -> list[str]:
    return git(repo, "log", "--reverse", "--format=%s", f"main..{branch}").splitlines()


def tree(repo: str, branch: str | None) -> str:
    return git(repo, "rev-parse", f"{branch}^{{tree}}").strip()


def figures(result: TaskResult) -> tuple[Any, ...]:
    steps = [(one.title, one.state, one.attempts) for one in result.steps]
    return (result.state, steps, result.models, result.input_tokens, result.output_tokens)


async def test_three_steps_are_made_at_one_time_and_all_tell_of_it(
    workshop: Workshop,
) -> None:
    task = workshop.task("beside")
    before, said = picture(Path(task["repo"])), list[Event]()
    async with OpenAIServer(AT_ONCE) as server:
        with workshop.gatewright(**settings(server.url)) as gatewright:
            result = await gatewright.arun(task, on_event=said.append)
            rows = gatewright.query(
                "select node, step, attempt, status from node_runs where node in "
                "('implementer', 'code_reviewer', 'merger') order by step, started_at"
            )
            calls = gatewright.query("select node, count(*) n from llm_calls group by node")
    assert result.state == "done"
    assert subjects(task["repo"], result.branch) == TITLES
    assert picture(Path(task["repo"])) == before

    # What the sidecar has of it.
    assert [(row["node"], row["attempt"], row["status"]) for row in rows] == [
        ("merger", 1, "ok"),
        *[("implementer", 1, "ok")] * 3,
        ("merger", 1, "ok"),
        *[("code_reviewer", 1, "ok")] * 3,
        ("merger", 1, "ok"),
        ("implementer", 1, "ok"),
        ("code_reviewer", 1, "ok"),
    ]
    assert len({row["step"] for row in rows}) == 7
    assert {row["node"]: row["n"] for row in calls} == {
        "planner": 1,
        "plan_reviewer": 1,
        "implementer": 4,
        "code_reviewer": 4,
    }

    # What it said meanwhile.
    for kind in ("node_started", "node_ended"):
        told = [(e.node, e.step, e.attempt) for e in said if e.kind == kind and e.step]
        assert sorted(told, key=str) == sorted(
            ((node, n, 1) for node in ("implementer", "code_reviewer") for n in (1, 2, 3, 4)),
            key=str,
        )
    assert {e.steps for e in said if e.step} == {4}
    answered = [e.step for e in said if e.kind == "model_called" and e.node == "implementer"]
    assert sorted(filter(None, answered)) == [1, 2, 3]
    assert result.log is not None
    log = Path(result.log).read_text()
    assert "implementer, step 3 of 4, attempt 1: started" in log
    assert "merger, step 3 of 4: Add names: merged (ledger/names.py +3 -0)" in log


@pytest.mark.slow
async def test_three_steps_at_one_time_give_what_one_after_the_other_gives(
    workshop: Workshop,
) -> None:
    results, trees = list[TaskResult](), set[str]()
    for parallel in (3, 1):
        task = workshop.task(f"parallel-{parallel}")
        async with OpenAIServer(script()) as server:
            with workshop.gatewright(**settings(server.url, parallel=parallel)) as gatewright:
                results.append(await gatewright.arun(task))
        trees.add(tree(task["repo"], results[-1].branch))
    beside, alone = results
    assert len(trees) == 1
    assert figures(beside) == figures(alone)
    assert beside.cost_usd == pytest.approx(alone.cost_usd)


async def test_a_conflict_is_made_again_with_what_stands_against_it(workshop: Workshop) -> None:
    """Both rewrite the same lines of a file; the one that comes later in the plan is told."""
    clash = {**PLAN, "steps": PLAN["steps"][:2]}
    other = "ledger/account.py\n```python\n" + RIGHT.strip() + "\n```\n"
    answers = script(clash, limits=[says(other), new_file("limits")])
    task = workshop.task("clash")
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**settings(server.url)) as gatewright:
            result = await gatewright.arun(task)
        asked = [r.body["messages"][-1]["content"] for r in server.requests]
    assert [(s.state, s.attempts) for s in result.steps] == [("completed", 1), ("completed", 2)]
    assert subjects(task["repo"], result.branch) == TITLES[:2]
    [told] = [text for text in asked if "[merge] ledger/account.py: " in text]
    assert "does not fit onto theirs" in told
    assert RIGHT in told, "the file is shown as the step before left it"


@pytest.mark.slow
async def test_a_budget_that_is_too_small_for_all_of_them_pauses_the_task(
    workshop: Workshop,
) -> None:
    """One of three steps at work could be paid for, but not all of them."""
    heavy = {"usage": {"input": 2000, "output": 1000}}
    answers = script(
        repair={**says(fix("whole")), **heavy},
        **{name: {**new_file(name), **heavy} for name in ("limits", "names", "totals")},
    )
    task = workshop.task("budget", budget={"max_tokens": 8500})
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**settings(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            paid = len(server.requests)
            result = await gatewright.aresume("budget", "retry", budget={"max_tokens": 100_000})
    assert asked.question is not None
    assert (asked.state, asked.question.stop.kind) == ("awaiting_human", "budget")
    assert 5400 <= asked.input_tokens + asked.output_tokens <= 8500
    assert result.state == "done"
    assert paid < len(server.requests) == 10, "nothing that was paid for is paid for again"
    assert result.input_tokens == 4 * 2000 + 6 * USAGE["input"]
    assert subjects(task["repo"], result.branch) == TITLES


@pytest.mark.slow
async def test_a_rejected_step_beside_others_is_made_again(workshop: Workshop) -> None:
    rejected = {
        "verdict": "rejected",
        "why": "Two it must be.",
        "concerns": [{"message": "Say two.", "file": "ledger/names.py"}],
    }
    answers = script(
        names=[new_file("names", 1), new_file("names", 2)],
        review_names=[says(rejected), says({"verdict": "approved", "why": "w", "concerns": []})],
    )
    task = workshop.task("again")
    async with OpenAIServer(answers) as server:
        with workshop.gatewright(**settings(server.url)) as gatewright:
            result = await gatewright.arun(task)
    assert [one.attempts for one in result.steps] == [1, 1, 2, 1]
    assert "NAMES = 2" in git(task["repo"], "show", f"{result.branch}:ledger/names.py")
    assert subjects(task["repo"], result.branch) == TITLES


@pytest.mark.slow
async def test_under_a_langgraph_server(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the checkpoints itself, and every node opens what it needs."""
    task, config = workshop.task("served"), tmp_path / "gatewright.toml"
    async with OpenAIServer(AT_ONCE) as server:
        config.write_text(toml(settings(server.url)))
        monkeypatch.setenv("GATEWRIGHT_CONFIG", str(config))
        with served(tmp_path) as (url, _):
            async with get_client(url=url) as client:
                thread = await client.threads.create()
                state = await client.runs.wait(thread["thread_id"], "develop", input={"task": task})
    assert isinstance(state, dict)
    assert state.get("outcome") == "done", state
    assert subjects(task["repo"], "gatewright/served") == TITLES
