"""`gatewright models simulate`: what another policy would have cost on the recorded history."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, get_args

from gatewright.domain.errors import InputError
from gatewright.domain.findings import Frozen
from gatewright.domain.task import Role
from gatewright.learning.dry_run import Decide
from gatewright.learning.episodes import Spent, questions, spent
from gatewright.learning.expected import MOST_ATTEMPTS, Estimate, estimate
from gatewright.learning.routing_setup import make_cards, make_router
from gatewright.routing_settings import Strategy
from gatewright.settings import Settings
from gatewright.telemetry.decisions import Recorded, read_decisions
from gatewright.telemetry.routing_history import read_history
from routing.history import History

ALWAYS_BEST = "always the best, one attempt"
AS_SET = "as set"
_FACTORS = (0.5, 2.0)
"""Of the value, where no other policy is named."""
NOTE = (
    "An estimate, not a replay: chances and costs are what all recorded outcomes make likely, and "
    "of a model that was hardly asked that is little."
)


class Simulation(Frozen):
    """What was spent, and what is estimated of others."""

    days: float
    spent: tuple[Spent, ...]
    """By role: what was really done."""
    estimates: tuple[Estimate, ...]
    """By policy and role."""
    note: str = NOTE
    problems: tuple[str, ...] = ()
    """Files that could not be read."""


class _Policy(NamedTuple):
    name: str
    decide: Decide
    most: int = MOST_ATTEMPTS


def simulate(
    settings: Settings,
    *,
    days: float = 30,
    strategy: str | None = None,
    value: float | None = None,
    role: Role | None = None,
) -> Simulation:
    """Put the questions of the last `days` to other policies; with neither `strategy` nor `value`
    to all strategies, and to this one at half and at double the value. Blocks.

    Raises: InputError for a strategy or a value that will not do.
    """
    checked = _checked(strategy, value)
    folder = settings.home / "telemetry"
    recorded = [
        one
        for one in read_decisions(folder, days=days, considered=False)
        if role in (None, one.request.role)
    ]
    problems, policies = _policies(settings, folder, checked, value)
    return Simulation(
        days=days,
        spent=spent(recorded),
        estimates=_estimates(policies, recorded),
        problems=problems,
    )


def _checked(strategy: str | None, value: float | None) -> Strategy | None:
    known: tuple[Strategy, ...] = get_args(Strategy)
    found = next((one for one in known if one == strategy), None)
    if strategy is not None and found is None:
        raise InputError(
            "--strategy", strategy, "is no strategy", f"Name one of {', '.join(known)}."
        )
    if value is not None and not 0 < value <= 1000:
        raise InputError(
            "--value", value, "must be above 0 and at most 1000", "See docs/routing.md."
        )
    return found


def _estimates(policies: Iterable[_Policy], recorded: Iterable[Recorded]) -> tuple[Estimate, ...]:
    asked = questions(recorded)
    return tuple(
        one
        for policy in policies
        for one in estimate(policy.name, policy.decide, asked, most=policy.most)
    )


def _policies(
    settings: Settings, folder: Path, strategy: Strategy | None, value: float | None
) -> tuple[tuple[str, ...], list[_Policy]]:
    """What could not be read of the history, and the policies that know it."""
    read = read_history(folder)
    history = History(read.counted, half_life=settings.routing.half_life)
    cards = make_cards(settings)

    def policy(name: str, others: Settings, most: int = MOST_ATTEMPTS) -> _Policy:
        return _Policy(name, make_router(others, history=history, cards=cards).decide, most)

    best = policy(ALWAYS_BEST, _with(settings, strategy="performance"), most=1)
    now = policy(AS_SET, settings)
    others = [policy(name, other) for name, other in _others(settings, strategy, value)]
    return read.problems, [best, now, *others]


def _others(
    settings: Settings, strategy: Strategy | None, value: float | None
) -> Iterator[tuple[str, Settings]]:
    routing = settings.routing
    if strategy is not None or value is not None:
        named: list[str] = [strategy or routing.strategy]
        named += [] if value is None else [f"value {value:g}"]
        yield ", ".join(named), _with(settings, strategy=strategy, value=value)
        return
    strategies: tuple[Strategy, ...] = get_args(Strategy)
    for other in strategies:
        if other != routing.strategy:
            yield other, _with(settings, strategy=other)
    for factor in _FACTORS:
        scaled = routing.value * factor
        name = f"{routing.strategy}, value {scaled:g}"
        if routing.value_usd is not None:
            dollars = routing.value_usd * factor
            name = f"{routing.strategy}, value ${dollars:g}"
            yield name, _with(settings, value_usd=dollars)
        else:
            yield name, _with(settings, value=scaled)


def _with(
    settings: Settings,
    *,
    strategy: Strategy | None = None,
    value: float | None = None,
    value_usd: float | None = None,
) -> Settings:
    """The settings with another policy; a `value` takes the place of one in USD."""
    update: dict[str, object] = {} if strategy is None else {"strategy": strategy}
    if value is not None:
        update |= {"value": value, "value_usd": None}
    if value_usd is not None:
        update["value_usd"] = value_usd
    return settings.model_copy(update={"routing": settings.routing.model_copy(update=update)})
