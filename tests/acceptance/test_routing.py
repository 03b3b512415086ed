"""The router in real tasks: over HTTP, with its verdicts in DuckDB."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.scripts import IMPLEMENTER, MODEL, RIGHT, fix, says

BUILTIN = {
    "planner": "builtin/planner",
    "plan_reviewer": "builtin/reviewer",
    "code_reviewer": "builtin/reviewer",
}
CHEAP, DEAR = MODEL, "openai/gpt-4.1"


def settings(url: str, *, row: list[str] | None = None, **routing: Any) -> dict[str, Any]:
    spec = {"api_base": url, "api_key_env": "TEST_PROVIDER_KEY", "edit_format": "whole"}
    return {
        "models": {CHEAP: dict(spec), DEAR: dict(spec)},
        "routing": {**BUILTIN, "implementer": row or [CHEAP, DEAR], **routing},
        "retries": {"tries": 1},
    }


def by_model(**answers: list[dict[str, Any]]) -> dict[str, Any]:
    """What each model, by the end of its name, answers as implementer; the last repeats."""
    names = {"cheap": "gpt-4o-mini", "dear": "gpt-4.1"}
    return {
        "rules": [
            {"when": IMPLEMENTER, "model": names[who], "answers": given}
            for who, given in answers.items()
        ]
    }


RIGHTLY = [says(fix("whole"))]
WRONGLY = [says(fix("whole", right=RIGHT.replace("<", ">=")))]


async def test_a_model_that_does_not_answer_is_passed_over(workshop: Workshop) -> None:
    script = by_model(cheap=[{"error": "overloaded"}], dear=RIGHTLY)
    async with OpenAIServer(script) as server:
        with workshop.gatewright(**settings(server.url, strategy="baseline")) as gatewright:
            result = await gatewright.arun(workshop.task("fallback"))
            rows = gatewright.query(
                "SELECT model, fallback_of FROM v_routing_decisions"
                " WHERE task_id = 'fallback' AND role = 'implementer' ORDER BY decided_at"
            )
    assert (result.state, result.models["implementer"]) == ("done", (DEAR,))
    assert [(row["model"], row["fallback_of"] or "") for row in rows] == [
        (CHEAP, ""),
        (DEAR, CHEAP),
    ]


async def test_what_became_of_each_attempt_is_kept(workshop: Workshop) -> None:
    async with OpenAIServer(by_model(cheap=WRONGLY, dear=RIGHTLY)) as server:
        with workshop.gatewright(**settings(server.url, strategy="baseline")) as gatewright:
            await gatewright.arun(workshop.task("verdicts", area="money"))
            rows = gatewright.query(
                "SELECT role, model, area, stage, kind, passed, cost_amount > 0 AS priced"
                " FROM v_routing_outcomes WHERE task_id = 'verdicts' AND role = 'implementer'"
                " ORDER BY stage"
            )
    common = {"role": "implementer", "area": "money", "kind": "gate", "priced": True}
    assert rows == [
        {**common, "model": CHEAP, "stage": 0, "passed": False},
        {**common, "model": DEAR, "stage": 1, "passed": True},
    ]


@pytest.mark.slow
async def test_a_home_learns_who_is_worth_asking(tmp_path: Path) -> None:
    """Of two who are held to be equal, the cheaper is asked first, until it fails."""
    workshop = Workshop(tmp_path)  # where nothing has been learned yet
    made_by: list[tuple[str, ...]] = []
    async with OpenAIServer(by_model(cheap=WRONGLY, dear=RIGHTLY)) as server:
        given = settings(server.url, strategy="performance")
        for name in (CHEAP, DEAR):
            given["models"][name] |= {"prior": False, "tier": 1}
        for number in range(2):
            with workshop.gatewright(**given) as gatewright:
                result = await gatewright.arun(workshop.task(f"learn-{number}", area="learning"))
            assert result.state == "done"
            made_by.append(result.models["implementer"])
    assert made_by == [(CHEAP, DEAR), (DEAR,)]


@pytest.mark.parametrize("private", [False, True])
async def test_private_text_goes_to_models_of_ones_own(workshop: Workshop, private: bool) -> None:
    async with OpenAIServer(by_model(cheap=RIGHTLY, dear=RIGHTLY)) as server:
        given = settings(server.url, strategy="baseline")
        given["models"][DEAR] |= {"tags": ["local"]}
        with workshop.gatewright(**given) as gatewright:
            task = workshop.task(f"private-{private}".lower(), private=private)
            result = await gatewright.arun(task)
        asked = {request.model for request in server.requests}
    assert result.state == "done"
    assert asked == ({"gpt-4.1"} if private else {"gpt-4o-mini"})


async def test_an_engine_that_finds_nothing_leaves_it_to_a_model(workshop: Workshop) -> None:
    async with OpenAIServer(by_model(dear=RIGHTLY)) as server:
        given = settings(server.url, row=["builtin/repair", DEAR], strategy="baseline")
        given["limits"] = {"repair_seconds": 0.01}
        with workshop.gatewright(**given) as gatewright:
            result = await gatewright.arun(workshop.task("engine"))
    assert (result.state, result.models["implementer"]) == ("done", (DEAR,))
