"""A person's later word, as verdicts on the attempts that were delivered."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import InputError
from gatewright.domain.outcome import Outcome, OutcomeKind
from gatewright.domain.task import Role
from gatewright.learning.judging import verdicts
from gatewright.telemetry.decisions import Recorded

AT = datetime(2026, 11, 20, tzinfo=UTC)


def attempt(
    name: str,
    *,
    role: Role = "implementer",
    stage: int = 0,
    kind: OutcomeKind | None = "gate",
    passed: bool = True,
    **decided: Any,
) -> Recorded:
    request = RoutingRequest(role=role, risk="high", area="shop", stage=stage)
    decision = Decision(
        id=name, model="a/b", candidates=("a/b",), reason="r", policy_version="v", **decided
    )
    outcome = None
    if kind is not None:
        outcome = Outcome(
            decision_id=name,
            task_id="t",
            role=role,
            risk="high",
            area="shop",
            stage=stage,
            model="a/b",
            kind=kind,
            passed=passed,
            cost_usd=0.5,
            duration_s=2.0,
            at=AT,
        )
    return Recorded(request=request, decision=decision, decided_at=AT, task_id="t", outcome=outcome)


def judged(
    *recorded: Recorded, word: Literal["reverted", "bad", "good"] = "bad"
) -> list[tuple[str, str, bool]]:
    said = verdicts(recorded, word, task_id="t")
    return [(one.decision_id, one.kind, one.passed) for one in said]


@pytest.mark.parametrize(
    ("word", "kind", "passed"),
    [("reverted", "revert", False), ("bad", "human", False), ("good", "human", True)],
)
def test_each_word_is_a_verdict_of_its_kind(
    word: Literal["reverted", "bad", "good"], kind: str, passed: bool
) -> None:
    assert judged(attempt("d"), word=word) == [("d", kind, passed)]


def test_everything_else_is_the_attempts_own() -> None:
    [said] = verdicts([attempt("d", stage=1)], "bad", task_id="t")
    assert (said.risk, said.area, said.stage, said.cost_usd) == ("high", "shop", 1, 0.5)
    assert datetime.now(UTC) - said.at < timedelta(minutes=1)


def test_of_the_attempts_at_a_step_only_the_last_was_delivered() -> None:
    failed = attempt("first", kind="human", passed=False)
    assert judged(failed, attempt("second", stage=1)) == [("second", "human", False)]


def test_every_step_has_an_attempt_that_was_delivered() -> None:
    steps = [attempt("one"), attempt("two", passed=False), attempt("three", stage=1)]
    assert [name for name, *_ in judged(*steps)] == ["one", "three"]


def test_a_fallback_begins_no_step() -> None:
    silent = attempt("silent", kind=None)
    assert judged(silent, attempt("answered", fallback_of="c/d")) == [("answered", "human", False)]


def test_work_that_failed_to_the_end_is_not_judged() -> None:
    assert judged(attempt("one"), attempt("repair", passed=False, kind="gate")) == [
        ("one", "human", False)
    ]


def test_who_let_it_pass_is_judged_with_it() -> None:
    plan = attempt("plan", role="planner")
    review = attempt("review", role="code_reviewer", kind="review")
    assert [name for name, *_ in judged(plan, attempt("work"), review)] == ["work", "review"]


def test_a_word_may_be_taken_back_as_long_as_it_is_no_revert() -> None:
    assert judged(attempt("d", kind="human", passed=False), word="good") == [("d", "human", True)]


def test_nothing_outweighs_a_revert() -> None:
    with pytest.raises(InputError, match="is recorded as reverted"):
        verdicts([attempt("d", kind="revert", passed=False)], "good", task_id="t")


def test_a_task_of_which_nothing_is_recorded_cannot_be_judged() -> None:
    with pytest.raises(InputError, match="no recorded decision"):
        verdicts([attempt("d", kind=None)], "good", task_id="t")
