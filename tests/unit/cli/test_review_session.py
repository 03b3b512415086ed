"""What the keys of the interactive review do."""

from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gatewright.cli.review_session import Keep, Session
from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.tasks.reviewing import Waiting
from tests.unit.cli.asked import DIFF, NOW, PLAN, asked, waiting

BETTER = DIFF.replace("return 2", "return 3")


class Person:
    """A terminal at which somebody presses keys, types lines and edits texts, in this order."""

    def __init__(
        self, *keys: str, lines: tuple[str, ...] = (), edits: tuple[Any, ...] = ()
    ) -> None:
        self._keys, self._lines, self._edits = iter(keys), iter(lines), iter(edits)
        self.saw: list[str] = []
        """Texts that came into the editor."""

    def key(self) -> str:
        return self._next(self._keys)

    def line(self, prompt: str) -> str:
        return self._next(self._lines)

    def edit(self, text: str, *, suffix: str) -> str | None:
        self.saw.append(text)
        edit = next(self._edits)
        return None if edit is None else str(edit)

    @staticmethod
    def _next(given: Iterator[str]) -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None


def session(person: Person, keep: Keep = lambda one, given: None) -> tuple[Session, StringIO]:
    out = StringIO()
    console = Console(file=out, width=120, highlight=False)
    now = datetime.fromisoformat(NOW)
    return Session(person, console, proposal=lambda one: DIFF, keep=keep, now=lambda: now), out


def answered(person: Person, one: Waiting | None = None) -> Any:
    return session(person)[0].ask(one or waiting())


@pytest.mark.parametrize(
    ("person", "answer"),
    [
        (Person("a"), {"action": "approve", "note": ""}),
        (Person("A"), {"action": "approve", "note": ""}),
        (Person("r", lines=("wrong",)), {"action": "reject", "note": "wrong"}),
        (Person("t", lines=("",)), {"action": "retry", "note": ""}),
        (Person("t", lines=("shorter",)), {"action": "retry", "note": "shorter"}),
        (Person("e", edits=(BETTER,)), {"action": "edit", "note": "", "diff": BETTER}),
        (Person("s"), "skip"),
        (Person("q"), "quit"),
        (Person("\x1b"), "quit"),
        (Person(), "quit"),
        (Person("x", "7", "a"), {"action": "approve", "note": ""}),
    ],
)
def test_a_key_is_an_answer(person: Person, answer: Any) -> None:
    assert answered(person) == answer


def test_a_rejection_needs_a_reason() -> None:
    assert answered(Person("r", "s", lines=("  ",))) == "skip"


def test_what_is_no_choice_is_no_key() -> None:
    one = waiting(asked(choices=("retry", "reject")))
    asking, out = session(Person("a", "e", "s"))
    assert asking.ask(one) == "skip"
    assert "a approve" not in out.getvalue()


def test_a_used_up_budget_is_raised() -> None:
    one = waiting(asked("budget", choices=("retry", "reject")))
    answer = answered(Person("t", "t", lines=("many", "usd=2")), one)
    assert answer == {"action": "retry", "note": "", "budget": {"max_cost_usd": 2.0}}


def test_a_plan_comes_into_the_editor_as_yaml() -> None:
    person = Person("e", "s", edits=(None,))
    answered(person, waiting(asked("plan_approval", at="plan_reviewer")))
    assert person.saw[0].startswith(f"why: {PLAN['why']}\nsteps:\n")


def test_what_is_left_as_it_was_answers_nothing() -> None:
    assert answered(Person("e", "s", edits=(None,))) == "skip"


def test_a_broken_edit_is_named_and_comes_back_into_the_editor() -> None:
    person = Person("e", "e", edits=("not a diff [bold]", BETTER))
    asking, out = session(person)
    assert asking.ask(waiting())["diff"] == BETTER  # type: ignore[index]
    assert person.saw == [DIFF, "not a diff [bold]"]
    assert "not a diff [bold]" in out.getvalue()


def test_the_whole_diff_is_shown_when_asked_for() -> None:
    long = "@@ -1 +1 @@\n" + "+line\n" * 100 + "+the end\n"
    asking, out = session(Person("d", "s"))
    asking._proposal = lambda one: long
    asking.ask(waiting(asked(diff=long)))
    assert "... and 42 more lines" in out.getvalue()
    assert "+the end" in out.getvalue()


QUEUE = [waiting(asked(task_id=name), question_id=f"q-{name}") for name in ("one", "two", "three")]


def test_questions_are_asked_one_after_the_other_and_each_answer_is_kept_at_once() -> None:
    kept: list[tuple[str, str]] = []
    person = Person("a", "s", "r", lines=("wrong",))
    asking, _ = session(person, lambda one, given: kept.append((one.task_id, given["action"])))
    assert asking.go_through(QUEUE) == ["one", "three"]
    assert kept == [("one", "approve"), ("three", "reject")]


def test_who_quits_keeps_what_was_answered() -> None:
    asking, _ = session(Person("a", "q"))
    assert asking.go_through(QUEUE) == ["one"]


def test_an_answer_that_is_not_taken_is_told_and_the_next_question_asked() -> None:
    def late(one: Waiting, given: Any) -> None:
        if one.task_id == "one":
            raise InputError("answer", "approve", "comes too late", "Look again.")

    asking, out = session(Person("a", "a", "s"), late)
    assert asking.go_through(QUEUE) == ["two"]
    assert "answer: comes too late" in out.getvalue()


def test_what_was_answered_before_is_not_asked_again() -> None:
    one = waiting(asked(task_id="one"), answered=Answer(action="retry"))
    assert session(Person())[0].go_through([one]) == ["one"]
