"""Turning what a node cannot get past into a question to a person."""

from collections.abc import Sequence

from gatewright.domain.errors import BadAnswer, BudgetExhausted
from gatewright.domain.findings import Finding
from gatewright.domain.human import Choice, Stop, StopKind
from graph.state import Json, RunUpdate
from nodes.desk import Desk

CANNOT_GO_ON = (BadAnswer, BudgetExhausted)
"""What stops a node and lets a person decide; a ModelFault ends the run, which can be resumed."""


def stopped(desk: Desk, error: BadAnswer | BudgetExhausted) -> RunUpdate:
    """The update of a node that an error stopped."""
    kind: StopKind = "budget" if isinstance(error, BudgetExhausted) else "bad_answer"
    return {**desk.update(), "stop": stop(desk, kind, str(error), choices=("retry", "reject"))}


def stop(
    desk: Desk,
    kind: StopKind,
    reason: str,
    *,
    findings: Sequence[Finding] = (),
    choices: tuple[Choice, ...],
) -> Json:
    """A `Stop` at this node, as JSON."""
    record = Stop(at=desk.node, kind=kind, reason=reason, findings=tuple(findings), choices=choices)
    return record.model_dump(mode="json")
