"""The static router: a row by role and risk, one place along for each failure."""

from typing import Any

import pytest

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from routing.table import POLICY_VERSION, TableRouter

TABLE: Any = {
    "planner": {"low": ("a",), "medium": ("a", "b"), "high": ("b",)},
    "implementer": {"medium": ("a", "b", "c")},
    "code_reviewer": {"medium": ("a", "b")},
    "plan_reviewer": {"medium": ("a",)},
}


async def choose(role: Any, risk: Any = "medium", **fields: Any) -> Decision:
    return await TableRouter(TABLE).choose(RoutingRequest(role=role, risk=risk, **fields))


@pytest.mark.parametrize(("risk", "model"), [("low", "a"), ("medium", "a"), ("high", "b")])
async def test_the_first_of_the_row_answers(risk: str, model: str) -> None:
    assert (await choose("planner", risk)).model == model


@pytest.mark.parametrize(("stage", "model"), [(0, "a"), (1, "b"), (2, "c"), (3, "c"), (99, "c")])
async def test_each_failure_moves_one_place_along_and_stays_at_the_last(
    stage: int, model: str
) -> None:
    assert (await choose("implementer", stage=stage)).model == model


async def test_an_author_does_not_review() -> None:
    decision = await choose("code_reviewer", exclude=("a",))
    assert (decision.model, decision.excluded) == ("b", ("a",))


@pytest.mark.parametrize("role", ["code_reviewer", "plan_reviewer"])
async def test_where_all_are_authors_the_rules_review(role: str) -> None:
    assert (await choose(role, exclude=("a", "b"))).model == "builtin/reviewer"


async def test_an_author_who_is_not_in_the_row_changes_nothing() -> None:
    decision = await choose("code_reviewer", exclude=("x",))
    assert (decision.model, decision.excluded) == ("a", ())


async def test_the_decision_in_whole() -> None:
    assert await choose("implementer", stage=1) == Decision(
        model="b",
        candidates=("a", "b", "c"),
        reason="place 2 of 3 in the row for implementer at medium risk, after 1 failed attempt.",
        policy_version=POLICY_VERSION,
    )


async def test_the_reason_names_the_authors() -> None:
    reason = (await choose("code_reviewer", exclude=("a",))).reason
    assert reason == (
        "place 1 of 2 in the row for code_reviewer at medium risk; a wrote what is reviewed."
    )


@pytest.mark.parametrize(
    ("role", "fields"),
    [("implementer", {"risk": "high"}), ("implementer", {"exclude": ("a", "b", "c")})],
)
async def test_it_never_falls_through_to_somebody(role: str, fields: dict[str, Any]) -> None:
    with pytest.raises(EnvironmentFault, match=r"No model may answer.*routing\.implementer"):
        await choose(role, **fields)


async def test_a_role_that_is_not_in_the_table() -> None:
    with pytest.raises(EnvironmentFault, match="No model may answer as planner"):
        await TableRouter({}).choose(RoutingRequest(role="planner", risk="low"))
