"""Answers as flags and edited texts make them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatewright.cli.task_answer import as_yaml, chosen, edited, parse_budget
from gatewright.domain.errors import InputError
from gatewright.domain.plan import Plan
from tests.unit.cli.asked import DIFF, PLAN, asked

PLAN_ASKED = asked("rejected", at="plan_reviewer")


def field_of(refused: pytest.ExceptionInfo[InputError]) -> str:
    return refused.value.field


def test_without_flags_nothing_is_answered() -> None:
    assert chosen(asked()) is None


@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        ({"approve": True}, {"action": "approve", "note": ""}),
        ({"approve": True, "note": "fine"}, {"action": "approve", "note": "fine"}),
        ({"reject": True, "reason": "no"}, {"action": "reject", "note": "no"}),
        ({"retry": True, "note": "so"}, {"action": "retry", "note": "so"}),
        (
            {"retry": True, "budget": "usd=2"},
            {"action": "retry", "note": "", "budget": {"max_cost_usd": 2.0}},
        ),
    ],
)
def test_a_flag_is_an_answer(flags: dict[str, Any], answer: dict[str, Any]) -> None:
    assert chosen(asked(), **flags) == answer


def test_a_budget_alone_answers_a_question_about_the_budget() -> None:
    answer = chosen(asked("budget", choices=("retry", "reject")), budget="tokens=9")
    assert answer == {"action": "retry", "note": "", "budget": {"max_tokens": 9}}


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ({"approve": True, "reject": True}, "answer"),
        ({"reject": True}, "--reason"),
        ({"retry": True, "note": "a", "reason": "b"}, "--note"),
        ({"note": "a"}, "--note"),
        ({"reason": "a"}, "--reason"),
        ({"budget": "usd=1"}, "--budget"),
        ({"edit": "/nowhere"}, "--edit"),
    ],
)
def test_what_makes_no_answer_is_refused_by_its_flag(flags: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        chosen(asked(), **flags)
    assert field_of(refused) == field


def test_what_is_no_choice_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match="--retry, --reject"):
        chosen(asked(choices=("retry", "reject")), approve=True)


def test_an_edited_diff_is_given_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "mine.diff"
    file.write_text(DIFF)
    assert chosen(asked(), edit=str(file)) == {"action": "edit", "note": "", "diff": DIFF}


def test_an_edited_plan_may_be_yaml() -> None:
    assert edited(PLAN_ASKED, as_yaml(PLAN))["plan"]["why"] == PLAN["why"]


@pytest.mark.parametrize("text", ["", "why: x", "[1]", "a: b: c", "steps: []\nwhy: x\n"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        edited(PLAN_ASKED, text)


@pytest.mark.parametrize("text", ["", "nothing here\n", "--- a/x\n+++ b/x\n"])
def test_what_is_no_diff_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        edited(asked(), text)
    assert field_of(refused) == "--edit"


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "large.diff"
    file.write_text("x" * 1_000_001)
    with pytest.raises(InputError, match="1 MB"):
        chosen(asked(), edit=str(file))


def test_a_budget_names_its_limits() -> None:
    read = parse_budget("usd=2.5, tokens=100 ,seconds=none")
    assert read == {"max_cost_usd": 2.5, "max_tokens": 100, "max_seconds": None}


@pytest.mark.parametrize("text", ["", "2", "usd", "usd=", "eur=2", "usd=much", "tokens=1.5"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_budget(text)
    assert field_of(refused) == "--budget"


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60
).filter(lambda text: text.strip())


@given(why=TEXT, what=st.lists(TEXT, min_size=1, max_size=3))
def test_a_plan_comes_out_of_the_editor_as_it_went_in(why: str, what: list[str]) -> None:
    steps = [{"title": "t", "what": "\n".join(what)}]
    plan = Plan.model_validate({"why": why, "steps": steps}).model_dump(mode="json")
    assert edited(PLAN_ASKED, as_yaml(plan)) == {"plan": plan}


def test_long_texts_of_a_plan_can_be_edited_as_lines() -> None:
    plan = {"why": "x", "steps": [{"title": "t", "what": "one\ntwo"}]}
    assert "what: |-\n    one\n    two" in as_yaml(plan)
    assert yaml.safe_load(as_yaml(plan)) == plan
