"""Floors hold for every catalogue, request and set of rules."""

from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Risk, Role
from routing.floors import REVIEWER, Eligible, Rules, eligible, least_usd, matches

NAMES = ("a/one", "a/two", "b/one", "b/two", "builtin/repair", "builtin/reviewer")
ABILITIES = st.frozensets(st.sampled_from(["structured_output", "tools"]))
SOME = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple)
PATTERNS = st.lists(
    st.sampled_from([*NAMES, "a/*", "*/one", "builtin/*", "tag:local", "tag:eu"]), max_size=3
).map(tuple)
PRICE = st.none() | st.floats(0, 1e-4)

CARDS = st.builds(
    Card,
    name=st.sampled_from(NAMES),
    input_usd=PRICE,
    output_usd=PRICE,
    context_window=st.none() | st.integers(1, 300_000),
    abilities=ABILITIES,
    tier=st.integers(0, 4),
    tags=st.frozensets(st.sampled_from(["local", "eu"])),
    attempt_usd=st.none() | st.floats(0, 2),
)
ROWS = st.lists(CARDS, max_size=6, unique_by=lambda card: card.name)
REQUESTS = st.builds(
    RoutingRequest,
    role=st.sampled_from(get_args(Role)),
    risk=st.sampled_from(get_args(Risk)),
    exclude=SOME,
    escalated=SOME,
    faulted=SOME,
    needs=ABILITIES,
    input_tokens=st.none() | st.integers(0, 100_000),
    least_tokens=st.integers(0, 300_000),
    private=st.booleans(),
    left_usd=st.none() | st.floats(-1, 2),
)
RULES = st.builds(
    Rules,
    allow=PATTERNS,
    deny=PATTERNS,
    private_allow=PATTERNS,
    least_tier=st.dictionaries(st.sampled_from(get_args(Risk)), st.integers(0, 4)),
    needs_price=st.booleans(),
)


def decide(
    row: list[Card], request: RoutingRequest, rules: Rules, shut: tuple[str, ...] = ()
) -> Eligible | None:
    """None where it refuses."""
    try:
        return eligible(row, request, rules, shut.__contains__)
    except EnvironmentFault:
        return None


def meets(card: Card, request: RoutingRequest, rules: Rules, row: list[Card]) -> bool:
    """The rules in other words."""
    usd = least_usd(card, request)
    came_to = [other.tier for other in row if other.name in request.escalated]
    return (
        not matches(card, rules.deny)
        and (not rules.allow or matches(card, rules.allow))
        and (not request.private or matches(card, rules.private_allow))
        and card.name not in {*request.exclude, *request.faulted}
        and card.abilities >= request.needs
        and (card.context_window is None or card.context_window >= request.least_tokens)
        and card.tier >= rules.least_tier.get(request.risk, 0)
        and (card.name in request.escalated or card.tier >= max(came_to, default=0))
        and (
            request.left_usd is None
            or (not rules.needs_price if usd is None else usd <= max(request.left_usd, 0))
        )
    )


@given(ROWS, REQUESTS, RULES, SOME)
def test_who_may_answer_is_who_meets_every_floor(
    row: list[Card], request: RoutingRequest, rules: Rules, shut: tuple[str, ...]
) -> None:
    able = [card for card in row if meets(card, request, rules, row) and card.name not in shut]
    found = decide(row, request, rules, shut)
    if able:
        assert found is not None and list(found.allowed) == able
    elif found is not None:
        assert [card.name for card in found.allowed] == [REVIEWER.name]
        assert request.role in ("plan_reviewer", "code_reviewer")


@given(ROWS, REQUESTS, RULES, SOME)
def test_everyone_is_allowed_or_refused_with_a_reason(
    row: list[Card], request: RoutingRequest, rules: Rules, shut: tuple[str, ...]
) -> None:
    found = decide(row, request, rules, shut)
    if found is not None:
        names = {card.name for card in found.allowed}
        assert names | set(found.refused) == {card.name for card in row} | names
        assert not names & set(found.refused) and all(found.refused.values())


@given(ROWS, REQUESTS, RULES, SOME)
def test_an_author_never_reviews_and_a_denied_model_never_answers(
    row: list[Card], request: RoutingRequest, rules: Rules, shut: tuple[str, ...]
) -> None:
    found = decide(row, request, rules, shut)
    for card in () if found is None else found.allowed:
        assert card.name not in request.exclude
        assert not matches(card, rules.deny)


@given(ROWS, REQUESTS, RULES, PATTERNS)
def test_one_more_denial_lets_nobody_in(
    row: list[Card], request: RoutingRequest, rules: Rules, more: tuple[str, ...]
) -> None:
    before = decide(row, request, rules)
    after = decide(row, request, replace(rules, deny=(*rules.deny, *more)))
    had = set() if before is None else {card.name for card in before.allowed}
    has = set() if after is None else {card.name for card in after.allowed}
    assert has <= had | {REVIEWER.name}


@given(ROWS, REQUESTS, RULES)
def test_a_refusal_names_every_candidate(
    row: list[Card], request: RoutingRequest, rules: Rules
) -> None:
    try:
        eligible(row, request, rules)
    except EnvironmentFault as error:
        assert all(card.name in error.problem for card in row)
        assert f"routing.{request.role}" in error.fix
