"""Turning what a node cannot get past into a question to a person.

Where the loops end: planning, each change and the gate after `Limits.rejections` failures, or
earlier where `nodes.stuck` sees that they repeat; answers without an edit that applies after
`Limits.format_retries`; who may answer one question after `nodes.choosing.MOST_ATTEMPTS`; model
calls by the budget. `graph.edges.recursion_limit` is the sum, and a net below them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gatewright.domain.errors import BadAnswer, BudgetExhausted
from gatewright.domain.findings import Finding
from gatewright.domain.gate import GateReport
from gatewright.domain.human import Choice, Stop, StopKind
from gatewright.domain.review import Review
from graph.edges import all_approved
from graph.state import Json, RunState, RunUpdate
from nodes.desk import Desk
from nodes.money import spending_in_words
from nodes.stuck import End, repetition

CANNOT_GO_ON = (BadAnswer, BudgetExhausted)
"""What stops a node and lets a person decide; a ModelFault ends the run, which can be resumed."""

PLANNING = ("planner", "plan_reviewer")
"""Where it is the plan that a person may edit; elsewhere it is the change."""
GATE_LOOP = "gate"
PLAN_LOOP = "plan"

JUDGED: frozenset[StopKind] = frozenset({"plan_approval", "rejected", "gate_failed"})
"""Stops at which somebody looked at work and may have found it wanting."""

OVERRULED: tuple[Choice, ...] = ("approve", "edit", "retry", "reject")
"""Where a person's word stands in for a reviewer's; nobody's stands in for the gate's."""
NOT_OVERRULED: tuple[Choice, ...] = ("edit", "retry", "reject")

MOST_CONCERNS = 12
_MOST_WORDS = 1_000
_MOST_NAMED = 5


def stopped(desk: Desk, error: BadAnswer | BudgetExhausted) -> RunUpdate:
    """The update of a node that an error stopped."""
    if isinstance(error, BudgetExhausted):
        reason = (
            f"{error}. Spent so far: {spending_in_words(desk.spending())}. "
            f"Still to be done: {_left_in_words(desk)}"
        )
        record = stop(desk, "budget", reason, choices=("retry", "reject"))
        return {**desk.update(), "stop": record, "left_off": desk.left_off()}
    choices = OVERRULED if desk.node.endswith("reviewer") else NOT_OVERRULED
    return {**desk.update(), "stop": stop(desk, "bad_answer", str(error), choices=choices)}


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


class Round(NamedTuple):
    """A turn of a loop that failed."""

    ends: dict[str, list[Json]]
    """For the state."""
    repeats: str
    """What repeats; empty while nothing does."""


def turn(desk: Desk, loop: str, end: End, *, noun: str = "change") -> Round:
    """Take note of how an attempt of a loop ended."""
    ends = [*desk.state.ends.get(loop, ()), end.model_dump(mode="json")]
    seen = [End.model_validate(one) for one in ends]
    repeats = repetition(seen, same=desk.context.limits.same, noun=noun)
    return Round({**desk.state.ends, loop: ends}, repeats)


def enough(
    desk: Desk,
    times: int,
    repeats: str,
    *,
    kind: StopKind,
    what: str,
    last: str,
    findings: Sequence[Finding],
    choices: tuple[Choice, ...],
) -> RunUpdate:
    """The stop of a loop that has turned as often as it may, or repeats; nothing otherwise."""
    reason = f"{what} {times} times"
    if times < desk.context.limits.rejections:
        if not repeats:
            return {}
        kind, reason = "stuck", f"{reason} and it leads nowhere: {repeats}"
    reason = f"{reason}; last: {last}"
    return {"stop": stop(desk, kind, reason, findings=findings, choices=choices)}


def without_loop(state: RunState, loop: str) -> dict[str, list[Json]]:
    """How attempts ended, but for those of a loop that is over."""
    return {name: ends for name, ends in state.ends.items() if name != loop}


def concerns(state: RunState, role: str, by: str, review: Review) -> list[str]:
    """What reviewers said, with this."""
    why = review.why if len(review.why) <= _MOST_WORDS else review.why[:_MOST_WORDS] + "..."
    said = f"{role.replace('_', ' ')} ({by}), {review.verdict}: {why}"
    return [*state.concerns, said][-MOST_CONCERNS:]


def failing(report: GateReport) -> str:
    """The checks that a gate failed by, in one line."""
    return "; ".join(
        f"{c.check}: {c.summary}" for c in report.checks if c.status in ("failed", "error")
    )


def steps_left(state: RunState) -> tuple[str, ...]:
    """Titles of the steps that are still to be made; none while there is no plan."""
    steps = state.plan["steps"] if state.plan else []
    return tuple(step["title"] for step in steps[state.step :])


def _left_in_words(desk: Desk) -> str:
    if desk.node in PLANNING:
        return "the plan and all that follows from it"
    if all_approved(desk.state):
        return "the repair of what the gate found"
    left = [repr(title) for title in steps_left(desk.state)]
    more = [f"{len(left) - _MOST_NAMED} more steps"] if len(left) > _MOST_NAMED else []
    return ", ".join([*left[:_MOST_NAMED], *more, "the quality gate"])
