"""What a person wants to be run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright.plans.documents.document import PlanFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A plan to be run, or a run to go on with."""

    path: Path | None
    """A plan file, or"""
    resume: str | None
    """a run."""
    directory: Path | None = None
    """Where relative paths begin; None: in the plan file's folder."""
    variables: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    from_step: str | None = None
    max_concurrency: int | None = None
    approved: bool | None = None
    """The answer to a plan that asks for approval; None: there is none yet."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Of steps that were cut off: rerun, done or failed."""

    def chosen(self, plan: "PlanFile") -> tuple[str, ...] | None:
        """The steps that are asked for, in the order of the plan; None: all.

        Raises: InputError for one that the plan has not.
        """
        from gatewright.plans.engine.selection import chosen_steps

        return chosen_steps(plan.steps, only=self.only, from_step=self.from_step)
