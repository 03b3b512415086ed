"""A home in whose telemetry some routed tasks stand, written by a real sidecar."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.outcome import Outcome
from gatewright.telemetry.sidecar import Sidecar
from routing.router import LearningRouter


class Routed(NamedTuple):
    """One decision that was written down, and its verdict."""

    request: RoutingRequest
    decision: Decision
    outcome: Outcome


def decide_all(
    router: LearningRouter,
    questions: Iterable[tuple[RoutingRequest, bool]],
    *,
    usd: float = 0.02,
    at: datetime | None = None,
) -> list[Routed]:
    """Put each question, and learn its verdict before the next; a minute lies between two."""
    now = at or datetime.now(UTC) - timedelta(hours=2)
    found = []
    for number, (request, passed) in enumerate(questions):
        decision = router.decide(request).model_copy(update={"id": f"d{number:04}"})
        outcome = Outcome(
            decision_id=decision.id,
            task_id=f"task-{number}",
            role=request.role,
            risk=request.risk,
            area=request.area,
            stage=request.stage,
            model=decision.model,
            again=decision.again,
            kind="gate",
            passed=passed,
            cost_usd=usd,
            duration_s=3.0,
            at=now + timedelta(minutes=number),
        )
        router.learn(outcome)
        found.append(Routed(request, decision, outcome))
    return found


def write(home: Path, routed: Sequence[Routed], *, events: Sequence[dict[str, Any]] = ()) -> None:
    """Into the home's telemetry, as a run would."""
    with Sidecar(home / "telemetry") as sidecar:
        for one in routed:
            sidecar.decided(
                one.request, one.decision, task_id=one.outcome.task_id, node=one.request.role
            )
            sidecar.judged(one.outcome, node="quality_gate")
        for event in events:
            sidecar.record("events", event)
        assert sidecar.flush(30)
