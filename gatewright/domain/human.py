"""What a person is asked when a run stops, and what they may answer."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gatewright.domain.findings import WITHOUT_TOKENS, Clean, Finding, Frozen
from gatewright.domain.task import Budget

Choice = Literal["approve", "retry", "reject"]
StopKind = Literal["rejected", "no_edit_applies", "gate_failed", "budget", "bad_answer"]


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
        "reject: the task ends as failed"
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
    spent: dict[str, Any]
