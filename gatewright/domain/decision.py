"""What the router is asked and what it answers."""

from typing import Literal

from pydantic import Field

from gatewright.domain.catalogue import Ability
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
    seed: str = ""
    """Names the question: asked again with the same history, it gets the same answer."""
    tried: tuple[str, ...] = ()
    """Who made the failed attempts, oldest first; at most `stage` of them are known."""
    escalated: tuple[str, ...] = ()
    """Stronger models that this task has come to in this role: no weaker one answers after."""
    faulted: tuple[str, ...] = ()
    """Models that did not answer this very question, for a fault of theirs or of the network."""
    needs: frozenset[Ability] = frozenset()
    input_tokens: int | None = None
    """What one would like to say; None: not known yet."""
    least_tokens: int = 0
    """What must fit into the window at least, the answer included."""
    private: bool = False
    """Whether the repository's text may only go to models that its data policy names."""
    left_usd: float | None = None
    """What budgets leave for this attempt; None: no limit."""
    pace: float = Field(default=1.0, ge=0, le=1)
    """The share of a budget's money left over the share of its time left: what a solved task is
    worth is so much less when money runs faster than time."""


Level = Literal["all", "role", "risk", "area"]
"""What a count is of: the model in all, in the role, at the risk too, or in the area too."""


class Considered(Frozen):
    """One arm as the router weighed it."""

    model: str
    again: bool = False
    stage: int
    passed: float
    """Counted in the request's own cell (role, risk, area), or as near to it as there are any."""
    failed: float
    level: Level = "area"
    """Where these were counted."""
    alpha: float
    beta: float
    """Of the posterior that `chance` is drawn from."""
    chance: float
    """Of passing, as the plan was made with: drawn from the posterior, or its mean."""
    usd: float | None
    """Expected cost of the attempt; None: not known."""
    seconds: float | None = None


class Decision(Frozen):
    """Who answers, and why."""

    id: str = ""
    """Names the attempt in every table; the same when the same node runs again."""
    model: str
    again: bool = False
    """Whether the model made the failed attempt just before, too."""
    candidates: tuple[str, ...]
    """Everyone considered, in the order of preference."""
    excluded: tuple[str, ...] = ()
    refused: dict[str, str] = Field(default_factory=dict)
    """By model, what policy has against it."""
    reason: Clean
    """One sentence that a person can read."""
    policy_version: str
    strategy: str = ""
    plan: tuple[str, ...] = ()
    """The attempts in order, this one first; the same model twice is one that tries again."""
    considered: tuple[Considered, ...] = ()
    seed: str = ""
    value_usd: float | None = None
    """What a solved task was worth when the plan was made."""
    harm_usd: float | None = None
    """What a bad change that is accepted costs."""
    false_accept: float = 0.0
    """The share of bad changes that the gate lets pass, as far as is known."""
    false_reject: float = 0.0
    """The share of good changes that it refuses."""
    second_usd: float = 0.0
    """What a second of waiting was held to cost."""
    expected_usd: float | None = None
    """Of the whole plan."""
    chance: float | None = None
    """That the plan ends with an accepted change."""
    best_model: str = ""
    """Who would be asked if money did not matter."""
    best_usd: float | None = None
    """What one attempt of it is expected to cost."""
    escalates: bool = False
    """Whether a model of a higher tier than the one before was chosen after a failure."""
    fallback_of: str = ""
    """The model that was chosen first and did not answer."""
