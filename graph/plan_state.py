"""What a checkpoint of the plan graph holds: which run it is, and what it came to.

The steps' states are in the run store, which is the truth for resuming; a checkpoint that held them
would be written again for each.
"""

from dataclasses import dataclass, field
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic needs this one before 3.12

Json = dict[str, Any]


class PlanInput(TypedDict):
    """The plan graph's input: a plan file to be run, or a run to go on with."""

    file: NotRequired[str]
    """Path of a plan file on the machine that runs it."""
    directory: NotRequired[str]
    """Where its relative paths begin; default: its own folder."""
    variables: NotRequired[dict[str, str]]
    """Never secret ones: what is given here is kept."""
    options: NotRequired[Json]
    """`max_concurrency`, `only`, `from_step`, `approved`, `answers`."""
    run_id: NotRequired[str]
    """Of a run that is known: go on with it. Otherwise the name of the new one."""


@dataclass(frozen=True, kw_only=True)
class PlanState:
    """One walk over a plan."""

    file: str = ""
    directory: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    options: Json = field(default_factory=dict)
    run_id: str = ""
    status: str = ""
    """Of the run, once it is over."""
    reason: str = ""
    summary: Json = field(default_factory=dict)
    """How many steps came to what, and those that failed."""


class PlanUpdate(TypedDict, total=False):
    """What a node of the plan graph may return."""

    run_id: str
    status: str
    reason: str
    summary: Json
