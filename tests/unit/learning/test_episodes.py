"""Recorded decisions as rows of attempts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.outcome import Outcome
from gatewright.learning.episodes import questions, spent
from gatewright.telemetry.decisions import Recorded

AT = datetime(2026, 11, 20, tzinfo=UTC)


def recorded(
    task: str, *, stage: int = 0, passed: bool | None = True, usd: float | None = 0.1, **more: Any
) -> Recorded:
    asked = RoutingRequest(role="implementer", risk="medium", stage=stage, **more)
    name = f"{task}-{stage}"
    outcome = None
    if passed is not None:
        outcome = Outcome(
            decision_id=name,
            task_id=task,
            role=asked.role,
            risk=asked.risk,
            stage=stage,
            model="cheap",
            kind="gate",
            passed=passed,
            cost_usd=usd,
            at=AT,
        )
    decided = Decision(
        id=name, model="cheap", candidates=("cheap",), reason="r", policy_version="v"
    )
    return Recorded(request=asked, decision=decided, decided_at=AT, task_id=task, outcome=outcome)


HISTORY = (
    recorded("a", passed=False),
    recorded("b", passed=True, usd=None),
    recorded("a", stage=1, passed=True, usd=0.5),
    recorded("c", passed=None),
)


def test_what_was_spent_is_by_question_and_by_attempt() -> None:
    [done] = spent(HISTORY)
    assert (done.questions, done.attempts, done.passed, done.undecided) == (2, 3, 2, 1)
    assert (done.cost_usd, done.unpriced) == (pytest.approx(0.6), 1)


def test_only_first_questions_that_came_to_a_verdict_are_asked_again() -> None:
    assert len(questions(HISTORY)) == 2


def test_a_question_is_asked_as_if_nothing_of_that_day_were_in_its_way() -> None:
    [asked] = questions([recorded("a", left_usd=0.01, faulted=("strong",))])
    assert (asked.left_usd, asked.faulted) == (None, ())


def test_attempts_whose_beginning_is_not_recorded_are_left_out() -> None:
    assert spent([recorded("old", stage=1)]) == ()
    assert questions([recorded("old", stage=2)]) == ()
