"""The task as a user gives it."""

from math import inf
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.intake import make_id, make_task
from gatewright.domain.task import Budget, GateSpec, Task

GIVEN = {"id": "t", "goal": "Fix paging", "repo": "/src/shop"}


def made(**fields: Any) -> Task:
    return make_task({**GIVEN, **fields})


def refused(**fields: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        made(**fields)
    return caught.value


def test_what_is_not_given_has_a_default() -> None:
    assert made().model_dump() == {
        "id": "t",
        "goal": "Fix paging",
        "repo": Path("/src/shop"),
        "base": None,
        "risk": "medium",
        "area": "",
        "constraints": (),
        "acceptance_criteria": (),
        "context_files": (),
        "priority": "medium",
        "budget": {"max_cost_usd": None, "max_seconds": None, "max_tokens": None},
        "gate": {
            "pytest": None,
            "mypy": None,
            "ruff": None,
            "commands": (),
            "reports": (),
            "allow": (),
            "coverage": None,
            "mutants": None,
            "changed_lines": None,
            "keep_going": False,
        },
        "private": False,
    }


def test_a_task_that_says_nothing_of_privacy_keeps_its_id() -> None:
    assert make_id(made(), "c") == "fix-paging-726a9f8c"
    assert make_id(made(private=True), "c") != make_id(made(), "c")


def test_lists_and_mappings_become_records() -> None:
    task = made(budget={"max_tokens": 5}, gate={"pytest": ["tests"], "ruff": False})
    assert (task.budget, task.gate) == (
        Budget(max_tokens=5),
        GateSpec(pytest=("tests",), ruff=False),
    )


def test_a_task_survives_its_own_json() -> None:
    task = made(budget={"max_cost_usd": 0.5}, constraints=["keep the API"], gate={"pytest": []})
    assert make_task(task.model_dump(mode="json")) == task


def test_the_goal_is_stripped() -> None:
    assert made(goal="  Fix paging\n").goal == "Fix paging"


def test_the_users_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert made(repo="~/src/shop").repo == Path("/home/ada/src/shop")


@pytest.mark.parametrize(
    ("fields", "field", "value", "fix"),
    [
        ({"goal": None}, "goal", None, "docs/tasks.md"),
        ({"goal": " \n"}, "goal", " \n", "docs/tasks.md"),
        ({"goal": "a\0b"}, "goal", "a\0b", "Use a value that matches"),
        ({"goal": "x" * 20_001}, "goal", "x" * 20_001, "docs/tasks.md"),
        ({"repo": 7}, "repo", 7, "docs/tasks.md"),
        ({"repo": "a\0b"}, "repo", "a\0b", "Give a path"),
        ({"repo": "~no-such-user-here/x"}, "repo", "~no-such-user-here/x", "Give a path"),
        ({"id": "../x"}, "id", "../x", "Use a value that matches"),
        ({"id": "a\n"}, "id", "a\n", "Use a value that matches"),
        ({"risk": "none"}, "risk", "none", "Use one of 'low', 'medium' or 'high'"),
        ({"priority": 1}, "priority", 1, "Use one of 'low', 'medium', 'high' or 'critical'"),
        ({"golas": 1}, "golas", 1, "known: id, goal, repo"),
        (
            {"gate": {"pytests": 1}},
            "gate.pytests",
            1,
            "known: pytest, mypy, ruff",
        ),
        ({"budget": {"usd": 1}}, "budget.usd", 1, "known: max_cost_usd, max_seconds, max_tokens."),
        ({"budget": {"max_seconds": 0}}, "budget.max_seconds", 0, "docs/tasks.md"),
        ({"budget": {"max_cost_usd": inf}}, "budget.max_cost_usd", inf, "docs/tasks.md"),
        ({"budget": {"max_tokens": 1.5}}, "budget.max_tokens", 1.5, "docs/tasks.md"),
        ({"constraints": ["ok", ""]}, "constraints.1", "", "docs/tasks.md"),
        ({"gate": {"commands": ["a\0"]}}, "gate.commands.0", "a\0", "Use a value that matches"),
    ],
)
def test_an_error_names_the_field_the_value_and_the_fix(
    fields: dict[str, Any], field: str, value: object, fix: str
) -> None:
    error = refused(**fields)
    assert (error.field, error.value) == (field, value)
    assert fix in error.fix


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InputError, match=r"^repo: field required \(got None\)\. Give it\.$"):
        make_task({"goal": "x"})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("constraints", "one", "constraints: is no list (got 'one'). Write a list"),
        ("budget", 5, "budget: is no mapping (got 5). Write its fields below it; known: max_cost"),
        ("repo", 5, "repo: is no path (got 5). Give a path"),
        ("area", 5, "area: is no text (got 5). Write it in quotes"),
        ("reepo", "x", "reepo: is not known (got 'x'). Remove it, or correct its name"),
    ],
)
def test_a_wrong_kind_of_value_is_said_in_the_words_of_a_file(
    field: str, value: object, said: str
) -> None:
    assert str(refused(**{field: value})).startswith(said)


def test_the_place_of_a_task_goes_before_the_field() -> None:
    with pytest.raises(InputError, match=r"^task 2: goal: field required"):
        make_task({"repo": "."}, where="task 2: ")


def test_a_made_id_holds_the_words_of_the_goal() -> None:
    task = make_task({"goal": "Fix the paging bug!", "repo": "/r"}, base_commit="c")
    assert task.id.startswith("fix-the-paging-bug-")


def test_the_same_task_has_the_same_id_however_it_was_written() -> None:
    short = make_task({"goal": "x", "repo": "/r", "gate": {"pytest": ["a"]}}, base_commit="c")
    long = {**short.model_dump(mode="json"), "id": None}
    assert make_task(long, base_commit="c").id == short.id


@pytest.mark.parametrize(
    "other", [{"goal": "y"}, {"repo": "/s"}, {"risk": "high"}, {"budget": {"max_tokens": 1}}]
)
def test_another_task_has_another_id(other: dict[str, Any]) -> None:
    given = {"goal": "x", "repo": "/r"}
    assert make_task({**given, **other}).id != make_task(given).id


def test_another_base_makes_another_id() -> None:
    assert make_id(made(), "a") != make_id(made(), "b")


def test_a_value_that_grows_without_end_is_refused_at_once() -> None:
    """What YAML's anchors can make of a few lines: 10^30 words."""
    bomb: list[object] = ["word"] * 10
    for _ in range(29):
        bomb = [bomb] * 10
    assert refused(id=None, constraints=bomb).field == "constraints.0"


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert refused(id=None, constraints=loop).field == "constraints.0"
