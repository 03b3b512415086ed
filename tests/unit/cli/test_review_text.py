"""What a person reads of a question, and of the queue."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from gatewright.cli.review_diff import coloured
from gatewright.cli.review_text import ago, flags, print_asked, print_diff, print_queue
from gatewright.domain.human import Answer
from tests.unit.cli.asked import DIFF, NOW, asked, waiting

AT = datetime.fromisoformat(NOW)


def printed(show: Any, *arguments: Any, **options: Any) -> list[str]:
    """Lines, with single spaces."""
    out = StringIO()
    show(*arguments, Console(file=out, width=100, highlight=False), **options)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_the_queue_says_who_waits_for_what_and_since_when() -> None:
    lines = printed(print_queue, [waiting(asked(concerns=("Too vague.",)))], now=AT)
    assert lines[0] == "t the gate failed (quality_gate, high risk, medium priority, 2 h 30 min)"
    assert "goal Mend the [red]paging[/]" in lines
    assert "why It failed 3 times." in lines
    assert "concern Too vague." in lines
    assert "finding [pytest test_a] a.py:3: failed" in lines
    assert "spent $0.2500, 1200 tokens, 12 s in nodes" in lines


def test_the_queue_says_how_to_answer() -> None:
    lines = printed(print_queue, [waiting()], now=AT)
    choices = "--approve | --retry --note TEXT | --edit DIFF | --reject --reason TEXT"
    assert f"answer {choices}" in lines


def test_an_answer_that_is_recorded_is_not_asked_for_again() -> None:
    one = waiting(answered=Answer(action="approve"))
    lines = printed(print_queue, [one], now=AT)
    assert "answered approve is recorded; `gatewright resume t` goes on" in lines
    assert not any(line.startswith("answer ") for line in lines)


def test_an_empty_queue_says_so() -> None:
    assert printed(print_queue, [], now=AT) == ["Nobody waits for a person."]


def test_a_question_shows_plan_findings_what_is_left_and_the_diff() -> None:
    lines = printed(print_asked, waiting(asked(left=("Write the docs",))), now=AT)
    assert "plan One comparison is wrong." in lines
    assert "step 1 Mend it (a.py)" in lines
    assert "Mend the [bold]comparison[/]." in lines
    assert "risk None known." in lines
    assert "left Write the docs" in lines
    assert "+ return 2" in lines


def test_of_a_long_diff_it_says_how_much_is_left_out() -> None:
    lines = printed(print_diff, DIFF, most_lines=3)
    assert lines == [*DIFF.splitlines()[:3], "... and 4 more lines"]


@pytest.mark.parametrize(("kind", "at"), [("rejected", "plan_reviewer"), ("plan_approval", "x")])
def test_where_a_plan_is_asked_about_an_edit_is_a_plan(kind: str, at: str) -> None:
    assert "--edit PLAN" in flags(asked(kind, at=at))


def test_when_the_budget_is_used_up_trying_again_is_a_new_budget() -> None:
    said = flags(asked("budget", choices=("retry", "reject")))
    assert said == ["--budget usd=..,tokens=..,seconds=..", "--reject --reason TEXT"]


def test_lines_of_a_diff_have_the_colour_of_what_they_do() -> None:
    text = coloured(DIFF)
    styles = {str(text)[s.start : s.end].strip(): s.style for s in text.spans}
    assert styles["-    return 1"] == "red"
    assert styles["+    return 2"] == "green"
    assert styles["--- a/a.py"] == "bold"
    assert styles["@@ -1,2 +1,2 @@"] == "cyan"


def test_in_a_hunk_a_line_that_looks_like_a_head_is_a_line_that_goes() -> None:
    text = coloured("@@ -1 +1 @@\n--- sql comment\n")
    assert text.spans[-1].style == "red"


@given(st.text())
def test_nothing_of_a_diff_is_obeyed_by_the_terminal(diff: str) -> None:
    out = StringIO()
    Console(file=out, highlight=False).print(coloured(diff))
    assert all(c.isprintable() or c in "\n\t" for c in out.getvalue())


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=3, seconds=5), "3 min 5 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=40, hours=3, minutes=2), "40 d 3 h"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_how_long_ago_is_said_in_two_units(passed: timedelta, said: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert ago((now - passed).isoformat(), now=now) == said
