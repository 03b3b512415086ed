"""What a finished task says of itself when it is delivered, and what came of that."""

from typing import Literal

from pydantic import Field

from gatewright.domain.findings import Clean, Frozen

DeliveryKind = Literal["branch", "patch", "pull_request", "merge"]


class Account(Frozen):
    """How a change came about, for its commit messages and its pull request.

    It says the same however often the task was interrupted: no times, no durations.
    """

    task_id: str
    goal: Clean
    base: str = ""
    """The ref that the task named to start from; empty when it named none."""
    why: Clean = ""
    """How the plan's steps reach the goal."""
    steps: tuple[Clean, ...] = ()
    """Their titles, in order."""
    models: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By role, who answered, as actually used."""
    checks: tuple[Clean, ...] = ()
    """One line for each check of the gate that passed it."""
    gate: Clean = ""
    """The same in one line."""
    cost: Clean = ""
    """Money and tokens in words."""


class Delivered(Frozen):
    """What was made of a finished task."""

    kind: DeliveryKind
    commit: str
    """The last delivered commit; of the same tree as the one that passed the gate."""
    branch: str = ""
    """Empty for a patch."""
    renamed: dict[str, str] = Field(default_factory=dict)
    """By commit on a private ref, the one that the branch has in its place; empty for a patch."""
    words: Clean
    """Where it is, in one line: `branch gatewright/t1 at 0123456789ab`."""
