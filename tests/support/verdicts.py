"""Outcomes and cards for tests of the router, in few words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import RoutingRequest
from gatewright.domain.outcome import Arm, Outcome
from gatewright.domain.task import Risk, Role
from routing.floors import Rules
from routing.history import History
from routing.router import LearningRouter
from routing.worth import Worth

START = datetime(2026, 11, 1, tzinfo=UTC)
RISKS: tuple[Risk, ...] = ("low", "medium", "high")


def outcome(number: int, *, passed: bool = True, model: str = "a", **fields: Any) -> Outcome:
    """The verdict on decision `number`, that many minutes after the start."""
    given: dict[str, Any] = {
        "decision_id": str(number),
        "task_id": f"t{number}",
        "role": "implementer",
        "risk": "medium",
        "area": "web",
        "kind": "gate",
        "at": START + timedelta(minutes=number),
    }
    return Outcome(model=model, passed=passed, **given | fields)


def arm(model: str = "a", **fields: Any) -> Arm:
    """An arm of the same cell."""
    given: dict[str, Any] = {
        "role": "implementer",
        "risk": "medium",
        "area": "web",
        "stage": 0,
        "again": False,
    }
    return Arm(model=model, **given | fields)


def learned(history: History, verdicts: str, *, first: int = 0, **fields: Any) -> History:
    """The history after verdicts such as `++-`."""
    for number, sign in enumerate(verdicts, first):
        history.learn(outcome(number, passed=sign == "+", **fields))
    return history


def router(
    usd: dict[str, float | None],
    *,
    history: History | None = None,
    role: Role = "implementer",
    cards: dict[str, dict[str, Any]] | None = None,
    **fields: Any,
) -> LearningRouter:
    """One over models of these costs of an attempt; `cards` has more of a model's card."""
    more = cards or {}
    given: dict[str, Any] = {"worth": Worth(value_usd=1.0, false_accept=0.0), "rules": Rules()}
    return LearningRouter(
        [Card(name=name, attempt_usd=cost, **more.get(name, {})) for name, cost in usd.items()],
        {role: dict.fromkeys(RISKS, tuple(usd))},
        history=history or History(),
        **given | fields,
    )


def request(**fields: Any) -> RoutingRequest:
    """A question in the same cell."""
    given: dict[str, Any] = {
        "role": "implementer",
        "risk": "medium",
        "area": "web",
        "seed": "1",
    }
    return RoutingRequest(**given | fields)
