"""What a delivered change says of its making."""

from typing import Any

import pytest

from gatewright.domain.gate import CheckResult, GateReport
from graph.state import RunState
from nodes.deliver import account_of
from tests.unit.nodes.desk_support import desk

PLAN = {"why": "One bound is wrong.", "steps": [{"title": "Mend it", "what": "w"}]}


def checks(**statuses: Any) -> dict[str, Any]:
    found = tuple(
        CheckResult(check=name, status=status, summary=f"{name} ran", duration_s=1.5)
        for name, status in statuses.items()
    )
    report = GateReport(
        passed=True, commit="c", checks=found, sandbox="bubblewrap", environment="own"
    )
    return report.model_dump(mode="json")


def account(gate: dict[str, Any], **spent: Any) -> Any:
    at = desk(spent=spent, base="main")
    at.state = RunState(task=at.state.task, spent=spent, plan=PLAN, gate=gate)
    return account_of(at)


def test_only_what_passed_vouches_for_the_change() -> None:
    said = account(checks(pytest="passed", mypy="skipped", ruff="passed"))
    assert said.gate == "passed pytest, ruff (bubblewrap)"
    assert said.checks == (
        "pytest passed: pytest ran",
        "mypy skipped: mypy ran",
        "ruff passed: ruff ran",
    )


def test_it_says_nothing_that_an_interruption_would_change() -> None:
    slow, quick = account(checks(), seconds=900.0), account(checks(), seconds=1.0)
    assert slow == quick


@pytest.mark.parametrize(
    ("spent", "cost"),
    [
        ({}, "$0.0000, 0 tokens"),
        ({"cost_usd": 0.25, "input_tokens": 10, "output_tokens": 5}, "$0.2500, 15 tokens"),
        ({"cost_usd": 0.25, "unpriced_calls": 1, "input_tokens": 9}, "not known, 9 tokens"),
        ({"uncounted_calls": 1, "input_tokens": 9}, "$0.0000, at least 9 tokens"),
    ],
)
def test_what_it_cost(spent: dict[str, Any], cost: str) -> None:
    assert account(checks(), **spent).cost == cost
