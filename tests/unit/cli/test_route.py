"""`gatewright route`: dry runs with the home's own history, and recorded decisions replayed."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gatewright.domain.decision import RoutingRequest
from gatewright.learning.routing_setup import make_router
from gatewright.settings import load_settings
from routing.history import History
from tests.support.routed import Routed, decide_all, write
from tests.unit.cli.conftest import Gatewright

CHEAP, STRONG = "openai/gpt-5-mini", "openai/gpt-5"
SETTINGS = f"""
[models."{CHEAP}"]
[models."{STRONG}"]
[routing]
implementer = ["{CHEAP}", "{STRONG}"]
planner = ["{CHEAP}"]
"""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    file = tmp_path / "task.yaml"
    file.write_text("id: paging\ngoal: Fix the paging bug\nrepo: .\narea: shop\n")
    return file


@pytest.fixture
def home(gatewright: Gatewright) -> Gatewright:
    gatewright.settings(SETTINGS)
    return gatewright


def routed(
    home: Gatewright, *passed: bool, area: str = "shop", strategy: str = "baseline"
) -> Sequence[Routed]:
    """First attempts at one task after another."""
    router = make_router(
        load_settings(routing={"implementer": [CHEAP, STRONG], "strategy": strategy}),
        history=History(),
    )
    asked = (
        (RoutingRequest(role="implementer", risk="medium", area=area, seed=f"s{n}"), one)
        for n, one in enumerate(passed)
    )
    found = decide_all(router, asked)
    write(home.home, found)
    return found


def test_who_would_answer_is_said_for_every_role(home: Gatewright, task: Path) -> None:
    said = home("route", "--task", task, "--json")
    assert said.code == 0
    assert said.json["task_id"] == "paging"
    assert [one["request"]["role"] for one in said.json["questions"]] == [
        "planner",
        "plan_reviewer",
        "implementer",
        "code_reviewer",
    ]


def test_what_was_recorded_counts(home: Gatewright, task: Path) -> None:
    routed(home, *[True] * 7, *[False] * 3)
    said = home("route", "--task", task, "--role", "implementer", "--json")
    [question] = said.json["questions"]
    [arm] = [
        arm
        for arm in question["decision"]["considered"]
        if (arm["model"], arm["stage"], arm["again"]) == (CHEAP, 0, False)
    ]
    assert (arm["passed"], arm["failed"]) == (7, 3)


def test_a_table_shows_the_counts_and_the_sentence(home: Gatewright, task: Path) -> None:
    routed(home, *[True] * 7, *[False] * 3)
    said = home("route", "--task", task, "--role", "implementer")
    assert any(line.startswith(f"{CHEAP} 1 7 of 10 ") for line in said.lines)
    assert any(line.startswith("asked: ") for line in said.lines)


def test_a_later_stage_is_asked_for_with_who_has_failed(home: Gatewright, task: Path) -> None:
    said = home("route", "--task", task, "--role", "implementer", "--stage", "2", "--json")
    [question] = said.json["questions"]
    assert (question["request"]["stage"], len(question["request"]["tried"])) == (2, 2)


def test_nobody_to_ask_is_the_environments_fault(home: Gatewright, task: Path) -> None:
    home.settings(SETTINGS + 'deny = ["*"]\n')
    said = home("route", "--task", task, "--role", "implementer", "--json")
    assert said.code == 4
    assert CHEAP in said.json["questions"][0]["fault"]


def test_a_private_repository_is_kept_from_others(
    home: Gatewright, task: Path, tmp_path: Path
) -> None:
    home.settings(SETTINGS + f'private = ["{tmp_path}"]\n')
    said = home("route", "--task", task, "--role", "implementer", "--json")
    assert said.code == 4


def test_several_tasks_are_a_list(home: Gatewright, tmp_path: Path) -> None:
    file = tmp_path / "tasks.yaml"
    file.write_text("- {id: a, goal: x, repo: .}\n- {id: b, goal: y, repo: .}\n")
    said = home("route", "--task", file, "--role", "planner", "--json")
    assert [one["task_id"] for one in said.json["tasks"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((), "route"),
        (("--task", "t.yaml", "--decision", "d"), "route"),
        (("--task", "nowhere.yaml"), "FILE"),
    ],
)
def test_what_cannot_be_asked_is_bad_input(
    home: Gatewright, arguments: tuple[str, ...], field: str
) -> None:
    said = home("route", *arguments, "--json")
    assert (said.code, said.json["field"]) == (2, field)


def test_an_unknown_role_is_named_with_those_there_are(home: Gatewright, task: Path) -> None:
    said = home("route", "--task", task, "--role", "boss", "--json")
    assert (said.code, said.json["field"], said.json["value"]) == (2, "--role", "boss")
    assert "code_reviewer" in said.json["message"]


def test_nothing_is_recorded_by_a_dry_run(home: Gatewright, task: Path) -> None:
    home("route", "--task", task)
    assert not home.home.exists()


def test_a_history_that_cannot_be_read_is_said(home: Gatewright, task: Path) -> None:
    (home.home / "telemetry").mkdir(parents=True)
    (home.home / "telemetry" / "telemetry.duckdb").write_text("no database at all")
    said = home("route", "--task", task, "--role", "planner", "--json")
    assert said.code == 0
    assert "not readable: telemetry.duckdb" in said.err


def test_a_recorded_decision_comes_out_the_same(home: Gatewright) -> None:
    found = routed(home, True, False, True, strategy="learning")
    said = home("route", "--decision", "d0002", "--json")
    assert said.code == 0
    assert said.json["replay"]["same"] is True
    assert said.json["decision"]["model"] == found[2].decision.model
    assert said.json["outcome"]["passed"] is True


def test_a_recorded_decision_is_shown_with_its_verdict(home: Gatewright) -> None:
    routed(home, True)
    said = home("route", "--decision", "d0")
    assert any(line.startswith("decision d0000") for line in said.lines)
    assert any(line.startswith("gate: passed") for line in said.lines)
    assert any(line.startswith("replayed: the same") for line in said.lines)


def test_an_unknown_decision_is_bad_input(home: Gatewright) -> None:
    said = home("route", "--decision", "nope", "--json")
    assert (said.code, said.json["field"]) == (2, "decision")
