"""Hard policy, before anything is learned: who may answer at all, and what is against the others.

Rules only take away. What is not known does not meet a floor: a model of unknown tier is below
every tier, and one of unknown price over every budget. Nobody left is an error that names each
model's reason, never somebody else; the one exception is a review of what all of its reviewers
wrote, which the built-in rules do: they are nobody's author, cost nothing, and send nothing away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Risk

REVIEWER = Card(
    name="builtin/reviewer",
    input_usd=0.0,
    output_usd=0.0,
    abilities=frozenset({"structured_output", "tools"}),
    tier=1,
    tags=frozenset({"local"}),
    attempt_usd=0.0,
)
"""Who reviews when nobody else may."""

_REVIEWS = ("plan_reviewer", "code_reviewer")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a house allows. A pattern is a name, a glob (`openai/*`) or a tag (`tag:local`)."""

    allow: Sequence[str] = ()
    """Only these may answer; empty: everyone."""
    deny: Sequence[str] = ()
    """These may not, whatever else holds."""
    private_allow: Sequence[str] = ("tag:local", "builtin/*")
    """Who may see a repository that is marked private."""
    least_tier: Mapping[Risk, int] = field(default_factory=dict)
    """The weakest tier that may answer at a risk; a missing one is no floor."""
    needs_price: bool = True
    """Whether a model of unknown price is refused while a budget is set."""
    retry_s: float = 60.0
    """Seconds after which an open circuit lets a call through; for the error's words only."""


class Eligible(NamedTuple):
    """Who may answer, in the order given, and what is against the others."""

    allowed: tuple[Card, ...]
    """Never empty."""
    refused: dict[str, str]
    """By name, in a few words."""


class _Refusal(NamedTuple):
    why: str
    fix: str
    """What a person can do about it; a clause that begins a sentence."""


def eligible(
    cards: Iterable[Card],
    request: RoutingRequest,
    rules: Rules,
    is_open: Callable[[str], bool] | None = None,
) -> Eligible:
    """Who of the role's candidates may answer this request.

    The cards are those of the row in settings. `is_open` tells of open circuits, None of none.
    Raises: EnvironmentFault when nobody may, with every candidate's reason and what to change.
    """
    row = tuple(cards)
    known = {card.name: card for card in row}
    floor = _escalated(request, known)
    refusals: dict[str, _Refusal] = {}
    for card in known.values():
        refusal = _refusal(card, request, rules, floor)
        if refusal is None and is_open is not None and is_open(card.name):
            refusal = _Refusal("circuit open", f"Try again in {rules.retry_s:g} s")
        if refusal is not None:
            refusals[card.name] = refusal
    allowed = tuple(card for card in known.values() if card.name not in refusals)
    if not allowed and _may_step_in(known, request, rules):
        allowed = (known.get(REVIEWER.name, REVIEWER),)
        refusals.pop(REVIEWER.name, None)
    if not allowed:
        raise _nobody(request, refusals)
    return Eligible(allowed, {name: refusal.why for name, refusal in refusals.items()})


def matches(card: Card, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means this card; case counts."""
    return any(
        pattern[4:] in card.tags if pattern.startswith("tag:") else fnmatchcase(card.name, pattern)
        for pattern in patterns
    )


def least_usd(card: Card, request: RoutingRequest) -> float | None:
    """What one attempt costs at the least: an answer has a length that nobody knows before.

    None where the price is not known.
    """
    if card.attempt_usd is not None:
        return card.attempt_usd
    if card.input_usd is None or card.output_usd is None:
        return None
    return card.input_usd * (request.input_tokens or 0)


def _refusal(
    card: Card, request: RoutingRequest, rules: Rules, floor: Card | None
) -> _Refusal | None:
    """The first thing against it; what lasts comes before what passes."""
    return (
        _by_data_policy(card, request, rules)
        or _by_ability(card, request)
        or _by_strength(card, request, rules, floor)
        or _by_money(card, request, rules)
        or _by_fault(card, request)
    )


def _by_data_policy(card: Card, request: RoutingRequest, rules: Rules) -> _Refusal | None:
    if matches(card, rules.deny):
        return _Refusal("deny list", "Change routing.deny")
    if rules.allow and not matches(card, rules.allow):
        return _Refusal("not on the allow list", "Add it to routing.allow")
    if request.private and not matches(card, rules.private_allow):
        return _Refusal(
            "private repository", "Tag a local model `local`, or change routing.private_allow"
        )
    if card.name in request.exclude:
        return _Refusal("wrote what is reviewed", f"Add a model to routing.{request.role}")
    return None


def _by_ability(card: Card, request: RoutingRequest) -> _Refusal | None:
    lacks = sorted(request.needs - card.abilities)
    if lacks:
        words = " and ".join(ability.replace("_", " ") for ability in lacks)
        return _Refusal(f"lacks {words}", "Set the model's abilities if it has them")
    if card.context_window is not None and card.context_window < request.least_tokens:
        return _Refusal(
            f"too small a window: {card.context_window:,} < {request.least_tokens:,} tokens",
            f"Add a model with a larger window to routing.{request.role}",
        )
    return None


def _by_strength(
    card: Card, request: RoutingRequest, rules: Rules, floor: Card | None
) -> _Refusal | None:
    least = rules.least_tier.get(request.risk, 0)
    if card.tier < least:
        has = f"tier {card.tier}" if card.tier else "tier not known,"
        return _Refusal(
            f"{has} < {least} of {request.risk} risk",
            "Set the model's tier, or change routing.least_tier",
        )
    if floor is not None and card.tier < floor.tier and card.name not in request.escalated:
        return _Refusal(
            f"weaker than {floor.name} that this task has come to",
            f"Add a model of tier {floor.tier} or above to routing.{request.role}",
        )
    return None


def _by_money(card: Card, request: RoutingRequest, rules: Rules) -> _Refusal | None:
    if request.left_usd is None:
        return None
    usd = least_usd(card, request)
    if usd is None:
        if not rules.needs_price:
            return None
        return _Refusal(
            "price not known while a budget is set",
            "Set the model's input_cost_per_token and output_cost_per_token",
        )
    if usd > max(request.left_usd, 0.0):
        return _Refusal(
            f"over what budgets leave: ${usd:.4f} > ${max(request.left_usd, 0.0):.4f}",
            "Raise the budget",
        )
    return None


def _by_fault(card: Card, request: RoutingRequest) -> _Refusal | None:
    if card.name in request.faulted:
        return _Refusal("did not answer just now", "Try again later")
    return None


def _escalated(request: RoutingRequest, known: Mapping[str, Card]) -> Card | None:
    """The strongest model that this task has come to in this role; None: it never rose."""
    came_to = [known[name] for name in request.escalated if name in known]
    return max(came_to, key=lambda card: card.tier, default=None)


def _may_step_in(known: Mapping[str, Card], request: RoutingRequest, rules: Rules) -> bool:
    """Only in the place of authors: whoever else is out is out for a reason that is to be seen."""
    if request.role not in _REVIEWS or matches(REVIEWER, rules.deny):
        return False
    return REVIEWER.name not in request.exclude and set(known) <= set(request.exclude)


def _nobody(request: RoutingRequest, refusals: Mapping[str, _Refusal]) -> EnvironmentFault:
    reasons = "; ".join(f"{name}: {refusal.why}" for name, refusal in refusals.items())
    fixes = list(dict.fromkeys(refusal.fix for refusal in refusals.values()))
    setting = f"routing.{request.role}"
    if not any(setting in fix for fix in fixes):
        fixes.append(f"Name another model in {setting}" if refusals else f"Name one in {setting}")
    return EnvironmentFault(
        f"No model may answer as {request.role} at {request.risk} risk "
        f"({reasons or 'no candidates'})",
        "; or: ".join(fixes) + ".",
    )
