"""One attempt at something, from the router's decision to what became of it."""

from datetime import UTC, datetime

from gatewright.domain.findings import Frozen
from gatewright.domain.outcome import Outcome, OutcomeKind
from gatewright.domain.task import Role
from graph.state import Json
from nodes.desk import Desk


class Attempt(Frozen):
    """What the router is told of when there is a verdict on it."""

    decision_id: str
    role: Role
    stage: int
    model: str
    """Who answered, as actually used."""
    again: bool
    cost_usd: float | None
    duration_s: float
    then: str = ""
    """Who was to be asked if it failed, by the plan of then; empty: nobody."""


def judge(desk: Desk, attempt: Attempt, kind: OutcomeKind, *, passed: bool) -> None:
    """Say what became of an attempt: to the router at once, to the sidecar for later."""
    outcome = Outcome(
        decision_id=attempt.decision_id,
        task_id=desk.task.id,
        role=attempt.role,
        risk=desk.task.risk,
        area=desk.task.area,
        stage=attempt.stage,
        model=attempt.model,
        again=attempt.again,
        kind=kind,
        passed=passed,
        cost_usd=attempt.cost_usd,
        duration_s=attempt.duration_s,
        at=datetime.now(UTC),
    )
    desk.context.router.learn(outcome)
    desk.context.telemetry.judged(outcome, node=desk.node)


def judge_kept(desk: Desk, kept: Json | None, kind: OutcomeKind, *, passed: bool) -> None:
    """The same for an attempt as the state keeps it; None: a checkpoint of before there were."""
    if kept is not None:
        judge(desk, Attempt.model_validate(kept), kind, passed=passed)
