"""The router's commands on a home in which a task was really routed, run and delivered."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatewright.app import Gatewright
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import served
from tests.support.scripts import MODEL, REVIEWER, fix, flags, says, script
from tests.unit.cli.conftest import Gatewright as Command

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def routed(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workshop, list[dict[str, Any]]]]:
    """One task, done at the second attempt, and the decisions that were recorded of it."""
    answers = [says(fix("whole", right="        if remaining > ZERO:")), says(fix("whole"))]
    with (
        pytest.MonkeyPatch.context() as patched,
        served(script(implementer=answers), tmp_path_factory.mktemp("served")) as server,
    ):
        patched.setenv("TEST_PROVIDER_KEY", "sk-test")
        with workshop.gatewright(**flags(server.url)) as gatewright:
            result = gatewright.run(workshop.task("paging", area="shop"))
            assert (result.state, result.attempts) == ("done", 2)
            rows = gatewright.query("SELECT * FROM v_routing_decisions ORDER BY decided_at")
            yield workshop, rows


@pytest.fixture
def command(
    routed: tuple[Workshop, list[dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """The console script on that home."""
    workshop, _ = routed
    monkeypatch.setenv("GATEWRIGHT_HOME", str(workshop.home))
    monkeypatch.setenv("COLUMNS", "200")
    found = Command(tmp_path / "home", monkeypatch, capsys)
    found.settings(
        f'[models."{MODEL}"]\n[models."{REVIEWER}"]\n'
        f'[routing]\nimplementer = ["{MODEL}", "{REVIEWER}"]\n'
    )
    return found


def test_every_recorded_decision_replays_to_the_same_choice(
    routed: tuple[Workshop, list[dict[str, Any]]], command: Command
) -> None:
    _, rows = routed
    assert {row["role"] for row in rows} == {
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
    }
    for row in rows:
        said = command("route", "--decision", row["decision_id"], "--json")
        assert (said.code, said.json["replay"]["same"]) == (0, True), said
        assert said.json["decision"]["model"] == row["model"]


def test_models_tells_both_attempts(command: Command) -> None:
    arms = command("models", "--role", "implementer", "--json").json["arms"]
    [whole] = [arm for arm in arms if arm["risk"] is None]
    assert (whole["model"], whole["first"]["failed"], whole["later"]["passed"]) == (MODEL, 1, 1)
    assert whole["usd"] > 0


def test_a_dry_run_knows_the_verdicts(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "task.yaml"
    file.write_text("id: next\ngoal: The next bug\nrepo: .\narea: shop\n")
    said = command("route", "--task", file, "--role", "implementer", "--json")
    considered = said.json["questions"][0]["decision"]["considered"]
    [first] = [arm for arm in considered if (arm["model"], arm["stage"]) == (MODEL, 0)]
    assert (first["passed"], first["failed"]) == (0, 1)


def test_a_simulation_counts_what_was_really_spent(command: Command) -> None:
    found = command("models", "simulate", "--role", "implementer", "--json").json
    [spent] = found["spent"]
    assert (spent["questions"], spent["attempts"], spent["passed"]) == (1, 2, 1)
    assert spent["cost_usd"] > 0
    assert all(one["unanswered"] == 0 for one in found["estimates"])


def test_the_report_says_what_the_best_would_have_cost(command: Command) -> None:
    said = command("report", "paging")
    assert any("the best model each time would have cost about $" in line for line in said.lines)


def test_a_task_that_delivered_nothing_cannot_be_judged(
    command: Command, routed: tuple[Workshop, list[dict[str, Any]]]
) -> None:
    workshop, _ = routed
    with Gatewright(home=workshop.home) as gatewright:
        asyncio.run(gatewright.aaccept(workshop.task("waiting")))
    said = command("judge", "waiting", "--bad", "--json")
    assert (said.code, said.json["field"]) == (2, "task")
    assert "is new: it has delivered nothing" in said.json["message"]


def test_a_later_word_is_what_the_router_counts(command: Command) -> None:
    said = command("judge", "paging", "--bad", "--note", "It \x1b[2Jrounds", "--json")
    assert said.code == 0, said
    verdicts = [(one["role"], one["kind"], one["passed"]) for one in said.json["outcomes"]]
    assert ("implementer", "human", False) in verdicts
    assert later(command) == (0, 1, 1)
    command("judge", "paging", "--good")
    assert later(command) == (1, 0, 0)
    assert command("judge", "paging", "--reverted").code == 0
    assert later(command) == (0, 1, 1)
    refused = command("judge", "paging", "--good", "--json")
    assert (refused.code, refused.json["field"]) == (2, "task")


def later(command: Command) -> tuple[int, int, int]:
    """Passed, failed and falsely accepted second attempts of the implementer."""
    arms = command("models", "--role", "implementer", "--json").json["arms"]
    [whole] = [arm for arm in arms if arm["risk"] is None]
    return whole["later"]["passed"], whole["later"]["failed"], whole["false_accepts"]
