"""What a person is asked when a run stops, and what they may answer."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gatewright.domain.findings import WITHOUT_TOKENS, Clean, Finding, Frozen
from gatewright.domain.task import Budget

Choice = Literal["approve", "retry", "edit", "reject"]
StopKind = Literal[
    "plan_approval",
    "rejected",
    "no_edit_applies",
    "gate_failed",
    "stuck",
    "budget",
    "bad_answer",
]


class Stop(Frozen):
    """Why a run cannot go on by itself."""

    at: str
    """The node that stopped."""
    kind: StopKind
    reason: Clean
    """One sentence: what failed, how often, and why."""
    findings: tuple[Finding, ...] = ()
    choices: tuple[Choice, ...]


class Answer(Frozen):
    """A person's answer to a stop."""

    action: Choice = Field(
        description="approve: go on in spite of it; retry: try again, with the note; "
        "edit: go on with this plan or diff in place of the one at hand; "
        "reject: the task ends as failed"
    )
    plan: dict[str, Any] | None = Field(
        default=None, description="With edit: a plan, checked as a model's would be."
    )
    diff: Annotated[str, WITHOUT_TOKENS] = Field(
        default="",
        max_length=1_000_000,
        description="With edit: a unified diff against the commit that the attempt was made on.",
    )
    note: Annotated[str, WITHOUT_TOKENS] = Field(
        default="", max_length=10_000, description="Said to the next attempt."
    )
    budget: Budget | None = Field(
        default=None, description="Limits to be raised; those not named stay, null is no limit."
    )


class Question(Frozen):
    """A stop, with what a person needs to answer it."""

    task_id: str
    goal: str
    stop: Stop
    plan: dict[str, Any] | None = None
    commit: str | None = None
    """The commit that was rejected or failed the gate, on a private ref."""
    diff: Clean = ""
    """Of what was rejected or failed, from the commit that the attempt was made on (at the gate:
    from the base); cut where it is long."""
    concerns: tuple[Clean, ...] = ()
    """What reviewers said, newest last."""
    left: tuple[Clean, ...] = ()
    """Titles of the steps that are still to be made."""
    spent: dict[str, Any]
