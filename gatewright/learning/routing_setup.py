"""The router as the settings want it, and what all runs of this process share of it."""

import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from gatewright.domain.catalogue import Card
from gatewright.learning.history import SharedHistory
from gatewright.logs import logger
from gatewright.models.cards import builtin_cards
from gatewright.models.cards import cards as model_cards
from gatewright.settings import Settings
from gatewright.sidecars import open_sidecar
from gatewright.telemetry.routing_history import read_history
from routing.breaker import Breakers, Change
from routing.drift import Drift
from routing.floors import Rules
from routing.history import History
from routing.priors import prior_of
from routing.router import LearningRouter, never
from routing.worth import HARM, Worth

_LOG = logger("gatewright.routing")
_HISTORIES: dict[str, SharedHistory] = {}
_CIRCUITS: dict[str, Breakers] = {}
_OPENING = threading.Lock()


def make_cards(settings: Settings) -> tuple[Card, ...]:
    """Every model of the catalogue and every built-in agent. Reads a table from disk."""
    if not settings.models:
        return builtin_cards()
    return (*model_cards(settings.models.values(), prior_of=prior_of), *builtin_cards())


def make_rules(settings: Settings) -> Rules:
    """What is not to be learned."""
    routing = settings.routing
    return Rules(
        allow=routing.allow,
        deny=routing.deny,
        private_allow=routing.private_allow,
        least_tier=routing.least_tier,
        retry_s=settings.circuits.reset_s,
    )


def make_worth(settings: Settings) -> Worth:
    """What a solved task is worth, and what a bad one costs."""
    routing = settings.routing
    return Worth(
        value=routing.value,
        value_usd=routing.value_usd,
        harm={**HARM, **routing.harm},
        false_accept=routing.false_accept,
        second_usd=routing.second_usd,
    )


def make_router(
    settings: Settings,
    *,
    history: History,
    cards: Iterable[Card] | None = None,
    is_open: Callable[[str], bool] = never,
    ready: Callable[[], Awaitable[None]] | None = None,
) -> LearningRouter:
    """The router of one home; `ready` brings the history up to date. Reads tables from disk."""
    return LearningRouter(
        make_cards(settings) if cards is None else cards,
        settings.rows(),
        history=history,
        rules=make_rules(settings),
        worth=make_worth(settings),
        strategy=settings.routing.strategy,
        is_open=is_open,
        ready=ready,
    )


def open_router(settings: Settings) -> tuple[LearningRouter, tuple[Card, ...]]:
    """The router of one home, with the history that it shares, and the cards. Reads tables."""
    shared = open_history(settings)
    cards = make_cards(settings)
    router = make_router(
        settings,
        cards=cards,
        history=shared.history,
        is_open=open_circuits(settings).is_open,
        ready=shared.ready,
    )
    return router, cards


def open_history(settings: Settings) -> SharedHistory:
    """What the router has learned in this home: one for all runs of this process."""
    key = f"{settings.home} {settings.routing.half_life}"
    with _OPENING:
        if key not in _HISTORIES:
            _HISTORIES[key] = SharedHistory(
                settings.home / "telemetry",
                read=read_history,
                on_problem=_log_unread,
                half_life=settings.routing.half_life,
                on_drift=partial(_tell_of_drift, settings),
            )
        return _HISTORIES[key]


def open_circuits(settings: Settings) -> Breakers:
    """The circuit breakers of this process, for all runs with these settings."""
    key = f"{settings.home} {settings.circuits.model_dump_json()}"
    with _OPENING:
        if key not in _CIRCUITS:
            chosen = settings.circuits
            _CIRCUITS[key] = Breakers(
                faults=chosen.failures,
                open_s=chosen.reset_s,
                on_change=partial(_tell_of_circuit, settings),
            )
        return _CIRCUITS[key]


def _tell_of_circuit(settings: Settings, change: Change) -> None:
    said = {
        "model": change.model,
        "before": change.before,
        "after": change.after,
        "fault": change.last,
        "message": change.words,
    }
    _LOG.warning("circuit_changed", **said)
    _tell(settings, "circuit_changed", said)


def _tell_of_drift(settings: Settings, drift: Drift) -> None:
    said = drift._asdict()
    _LOG.warning("drift_noticed", **said)
    _tell(settings, "drift_noticed", said)


def _tell(settings: Settings, name: str, said: Mapping[str, Any]) -> None:
    row = {"ts": datetime.now(UTC), "name": name, "category": "routing", "severity": "warning"}
    open_sidecar(settings).record("events", {**row, "attributes": dict(said)})


def _log_unread(problem: str) -> None:
    _LOG.warning("history_incomplete", problem=problem)
