"""Errors carry fields, name the next action, and end the command line as they should."""

import inspect
import re

import pytest

from gatewright.domain import errors
from gatewright.domain.errors import (
    BudgetExhausted,
    EditMismatch,
    GatewrightError,
    InputError,
    ModelFault,
    NameCollision,
    ThreadBusy,
)


def all_errors() -> set[type[GatewrightError]]:
    found = {GatewrightError}
    while True:
        more = found | {child for parent in found for child in parent.__subclasses__()}
        more = {one for one in more if one.__module__ == errors.__name__}
        if more == found:
            return found
        found = more


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"^[│├└─ ]*(\w+)", errors.__doc__ or "", re.MULTILINE))
    assert {error.__name__ for error in all_errors()} <= drawn


def test_every_error_says_what_it_means() -> None:
    assert [e.__name__ for e in all_errors() if not inspect.getdoc(e)] == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("goal", 1, "p", "f"), 2),
        (ThreadBusy("t", "process 1"), 4),
        (NameCollision("p", "f"), 4),
        (ModelFault("m", "timeout", "x"), 4),
        (BudgetExhausted("max_tokens", 1, 2), 1),
    ],
)
def test_exit_codes(error: GatewrightError, code: int) -> None:
    assert error.exit_code == code


def test_an_input_error_in_words() -> None:
    error = InputError("risk", "none", "is no risk", "Use low.")
    assert str(error) == "risk: is no risk (got 'none'). Use low."


@pytest.mark.parametrize("value", ["x" * 10**6, [[["x"] * 100] * 100] * 100, {"a": "x" * 10**6}])
def test_a_long_value_is_cut(value: object) -> None:
    assert len(str(InputError("goal", value, "is long", "Cut it."))) < 300


def test_a_mismatch_holds_the_nearest_lines() -> None:
    error = EditMismatch("a.py", "is not there", nearest="def f():")
    assert (error.path, error.reason, error.nearest) == ("a.py", "is not there", "def f():")


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        ("timeout", True),
        ("connection", True),
        ("rate_limited", True),
        ("overloaded", True),
        ("server_error", True),
        ("authentication", False),
        ("permission", False),
        ("not_found", False),
        ("bad_request", False),
        ("context_too_long", False),
        ("content_policy", False),
        ("quota_exhausted", False),
        ("not_configured", False),
    ],
)
def test_which_faults_may_be_tried_again(kind: errors.FaultKind, again: bool) -> None:
    assert ModelFault("m", kind, "x").retryable is again


def test_a_spent_budget_in_words() -> None:
    error = BudgetExhausted("max_cost_usd", 0.5, 0.75)
    assert str(error) == "budget.max_cost_usd is reached: 0.75 of 0.5 spent"
