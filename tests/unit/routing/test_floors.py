"""Floors: who may answer at all, and what is said of the others."""

from typing import Any

import pytest

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from routing.floors import REVIEWER, Rules, eligible, least_usd, matches

BOTH = frozenset({"structured_output", "tools"})
BIG = Card(
    name="openai/big",
    input_usd=1e-5,
    output_usd=5e-5,
    context_window=200_000,
    abilities=frozenset({"structured_output", "tools"}),
    tier=3,
)
SMALL = Card(name="openai/small", input_usd=1e-6, output_usd=4e-6, context_window=8192, tier=1)
LOCAL = Card(name="ollama/coder", tags=frozenset({"local"}))
REPAIR = REVIEWER.model_copy(update={"name": "builtin/repair"})
ROW = (SMALL, LOCAL, BIG)


def ask(role: Any = "implementer", risk: Any = "medium", **fields: Any) -> RoutingRequest:
    return RoutingRequest(role=role, risk=risk, **fields)


def sort(request: RoutingRequest, *, row: Any = ROW, is_open: Any = None, **rules: Any) -> Any:
    found = eligible(row, request, Rules(**rules), is_open)
    return [card.name for card in found.allowed], found.refused


def test_without_rules_everyone_may_in_the_rows_order() -> None:
    assert sort(ask()) == (["openai/small", "ollama/coder", "openai/big"], {})


@pytest.mark.parametrize(
    ("request_", "rules", "name", "why"),
    [
        (ask(), {"deny": ["openai/s*"]}, SMALL, "deny list"),
        (ask(), {"allow": ["openai/*"]}, LOCAL, "not on the allow list"),
        (ask(private=True), {}, BIG, "private repository"),
        (ask(exclude=("openai/big",)), {}, BIG, "wrote what is reviewed"),
        (ask(needs={"structured_output"}), {}, SMALL, "lacks structured output"),
        (ask(needs=BOTH), {}, SMALL, "lacks structured output and tools"),
        (
            ask(least_tokens=30_000),
            {},
            SMALL,
            "too small a window: 8,192 < 30,000 tokens",
        ),
        (ask(risk="high"), {"least_tier": {"high": 2}}, SMALL, "tier 1 < 2 of high risk"),
        (ask(risk="high"), {"least_tier": {"high": 2}}, LOCAL, "tier not known, < 2 of high risk"),
        (
            ask(escalated=("openai/big",)),
            {},
            SMALL,
            "weaker than openai/big that this task has come to",
        ),
        (
            ask(left_usd=1.0),
            {},
            LOCAL,
            "price not known while a budget is set",
        ),
        (
            ask(left_usd=0.5, input_tokens=60_000),
            {},
            BIG,
            "over what budgets leave: $0.6000 > $0.5000",
        ),
        (ask(faulted=("openai/big",)), {}, BIG, "did not answer just now"),
    ],
)
def test_what_is_against_whom(request_: Any, rules: Any, name: Card, why: str) -> None:
    assert sort(request_, **rules)[1][name.name] == why


@pytest.mark.parametrize(
    ("request_", "rules", "allowed"),
    [
        (ask(), {"allow": ["openai/*"], "deny": ["openai/big"]}, ["openai/small"]),
        (ask(private=True), {}, ["ollama/coder"]),
        (ask(private=True), {"private_allow": ["openai/big"]}, ["openai/big"]),
        (ask(least_tokens=8192), {}, ["openai/small", "ollama/coder", "openai/big"]),
        (ask(risk="low"), {"least_tier": {"high": 9}}, [c.name for c in ROW]),
        (ask(left_usd=1.0), {"needs_price": False}, [c.name for c in ROW]),
        (ask(), {"needs_price": True}, [c.name for c in ROW]),
        (ask(escalated=("x/gone",)), {}, [c.name for c in ROW]),
        (ask(escalated=("openai/small", "openai/big")), {}, ["openai/small", "openai/big"]),
    ],
)
def test_who_is_left(request_: Any, rules: Any, allowed: list[str]) -> None:
    assert sort(request_, **rules)[0] == allowed


def test_open_circuits_are_left_out() -> None:
    allowed, refused = sort(ask(), is_open=lambda name: name == "openai/small")
    assert (allowed, refused) == (["ollama/coder", "openai/big"], {"openai/small": "circuit open"})


def test_what_costs_nothing_answers_when_nothing_is_left() -> None:
    assert sort(ask(left_usd=0.0, input_tokens=1), row=(BIG, REPAIR))[0] == ["builtin/repair"]


def test_a_debt_is_no_budget() -> None:
    assert sort(ask(left_usd=-2.0, input_tokens=1), row=(BIG, REPAIR))[0] == ["builtin/repair"]


def test_a_name_given_twice_is_one_candidate() -> None:
    assert sort(ask(), row=(BIG, BIG))[0] == ["openai/big"]


def test_nobody_left_names_every_reason_and_what_to_change() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        sort(ask(private=True), deny=["tag:local"])
    assert str(caught.value) == (
        "No model may answer as implementer at medium risk (openai/small: private repository; "
        "ollama/coder: deny list; openai/big: private repository). Tag a local model `local`, or "
        "change routing.private_allow; or: Change routing.deny; or: Name another model in "
        "routing.implementer."
    )


def test_an_empty_row_is_no_ones() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        sort(ask(role="planner"), row=())
    assert str(caught.value) == (
        "No model may answer as planner at medium risk (no candidates). "
        "Name one in routing.planner."
    )


def test_where_all_circuits_are_open_it_says_when_to_try_again() -> None:
    with pytest.raises(EnvironmentFault, match=r"big: circuit open.*Try again in 45 s"):
        sort(ask(), row=(BIG,), is_open=lambda _: True, retry_s=45.0)


@pytest.mark.parametrize("role", ["plan_reviewer", "code_reviewer"])
def test_the_rules_review_when_nobody_else_may(role: str) -> None:
    allowed, refused = sort(ask(role, exclude=("openai/big",)), row=(BIG,))
    assert (allowed, refused) == (["builtin/reviewer"], {"openai/big": "wrote what is reviewed"})


def test_the_rules_do_not_compete_with_models_that_were_named() -> None:
    assert sort(ask("code_reviewer"), row=(BIG,))[0] == ["openai/big"]


def test_in_a_row_the_rules_are_a_candidate_like_any_other() -> None:
    assert sort(ask("code_reviewer"), row=(REVIEWER, BIG))[0] == ["builtin/reviewer", "openai/big"]


def test_no_floor_keeps_the_rules_from_an_author_s_place() -> None:
    request = ask("code_reviewer", "high", exclude=("openai/big",), private=True)
    rules = {"least_tier": {"high": 5}, "allow": ["x/*"], "private_allow": ["x/*"]}
    assert sort(request, row=(BIG,), **rules)[0] == ["builtin/reviewer"]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, {"deny": ["openai/*"]}),
        ({"exclude": ("openai/big",)}, {"deny": ["*"]}),
        ({"exclude": ("openai/big", "builtin/reviewer")}, {}),
        ({"faulted": ("openai/big",)}, {}),
        ({"private": True}, {}),
        ({"left_usd": 0.0, "input_tokens": 1000}, {}),
    ],
)
def test_the_rules_take_nobody_else_s_place(fields: Any, rules: Any) -> None:
    with pytest.raises(EnvironmentFault, match="No model may answer as code_reviewer"):
        sort(ask("code_reviewer", **fields), row=(BIG,), **rules)


def test_nobody_else_implements() -> None:
    with pytest.raises(EnvironmentFault, match="implementer"):
        sort(ask(), row=(BIG,), deny=["openai/big"])


@pytest.mark.parametrize(
    ("pattern", "does"),
    [
        ("ollama/coder", True),
        ("ollama/*", True),
        ("*", True),
        ("tag:local", True),
        ("tag:loc*", False),
        ("ollama", False),
        ("Ollama/*", False),
        ("local", False),
        ("", False),
    ],
)
def test_patterns(pattern: str, does: bool) -> None:
    assert matches(LOCAL, [pattern]) is does


@pytest.mark.parametrize(
    ("card", "tokens", "usd"),
    [
        (BIG, 1000, 0.01),
        (BIG, None, 0.0),
        (BIG.model_copy(update={"attempt_usd": 0.2}), 1000, 0.2),
        (LOCAL, 1000, None),
        (BIG.model_copy(update={"output_usd": None}), 1000, None),
    ],
)
def test_the_least_that_an_attempt_costs(card: Card, tokens: Any, usd: float | None) -> None:
    assert least_usd(card, ask(input_tokens=tokens)) == (usd and pytest.approx(usd))
