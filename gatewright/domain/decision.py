"""What the router is asked and what it answers."""

from gatewright.domain.findings import Clean, Frozen
from gatewright.domain.task import Risk, Role


class RoutingRequest(Frozen):
    """One question to the router: who answers for this role now?"""

    role: Role
    risk: Risk
    area: str = ""
    stage: int = 0
    """How many attempts of this role have failed before: 0, 1, 2."""
    exclude: tuple[str, ...] = ()
    """Models that may not answer: the authors of what is to be reviewed, as actually used."""


class Decision(Frozen):
    """Who answers, and why."""

    model: str
    candidates: tuple[str, ...]
    """Everyone considered, in the order of preference."""
    excluded: tuple[str, ...] = ()
    reason: Clean
    """One sentence that a person can read."""
    policy_version: str
