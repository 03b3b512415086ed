"""What is given to the plan commands."""

from pathlib import Path

import pytest

from gatewright.cli.plans.given import builtin, find_plan, parse_answers, parse_variables
from gatewright.domain.errors import InputError


def test_a_variable_may_hold_anything() -> None:
    given = parse_variables(["A=", "B=x=y", "C=$(rm)\n"])
    assert given == {"A": "", "B": "x=y", "C": "$(rm)\n"}


@pytest.mark.parametrize("given", [["A"], ["=x"], [""], ["A=1", "A=1"]])
def test_what_is_no_variable_is_refused(given: list[str]) -> None:
    with pytest.raises(InputError, match="--var"):
        parse_variables(given)


def test_a_refused_variable_is_not_told_in_full() -> None:
    with pytest.raises(InputError) as refused:
        parse_variables(["k" * 18 + "hunter2"])
    assert "hunter2" not in str(refused.value)


def test_an_answer_names_a_step_and_a_word() -> None:
    assert parse_answers(["a=rerun", "b=done"]) == {"a": "rerun", "b": "done"}


@pytest.mark.parametrize("given", ["a", "a=maybe", "=done", "rerun"])
def test_what_is_no_answer_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="--answer"):
        parse_answers([given])


def test_a_file_works_in_its_own_folder(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.touch()
    assert find_plan(str(path)) == (path, None)


def test_a_built_in_plan_works_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_plan("safe_merge") == (builtin()["safe_merge"], tmp_path)


def test_a_file_goes_before_a_built_in_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "safe_merge").touch()
    assert find_plan("safe_merge") == (Path("safe_merge"), None)


def test_a_plan_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"safe_merge"):
        find_plan("nowhere.json")
