"""What a solved task is worth and what a bad one costs, in USD; and the pace of a budget."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import exp

from gatewright.domain.decision import RoutingRequest
from gatewright.domain.task import Risk
from routing.attempts import Stakes

HARM: Mapping[Risk, float] = {"low": 6.0, "medium": 10.0, "high": 20.0}
"""A bad change that is accepted, by risk, in values of a solved task. On replays whose gate accepts
15 % of what is bad these keep what ships bad below 1.5 times that of always asking the best, at
less than half of its cost; 1, 3 and 10 do not. With a gate that is right they change nothing."""


@dataclass(frozen=True, kw_only=True)
class Worth:
    """How much may be spent, and what is feared."""

    value: float = 2.0
    """A solved task, in attempts of the best model: 2 is the quality of always asking the best at
    a fraction of its cost, 10 the best that a plan reaches, 0.5 thrift."""
    value_usd: float | None = None
    """The same in USD; takes the place of `value`."""
    harm: Mapping[Risk, float] = field(default_factory=lambda: dict(HARM))
    false_accept: float = 0.02
    """The share of bad changes that the gate lets pass, until audits say more."""
    false_reject: float = 0.0
    """The share of good changes that it does not."""
    second_usd: float = 0.0
    """What a second of waiting costs."""
    least_value_usd: float = 0.01
    """Where the best model costs next to nothing, a solved task is still worth this."""

    def stakes(
        self,
        risk: Risk,
        *,
        best_usd: float | None,
        false_accept: float | None = None,
        pace: float = 1.0,
    ) -> Stakes:
        """In USD, given what an attempt of the best model is expected to cost.

        `pace` says how far budgets last: what a solved task is worth is so much less.
        """
        value = self.value_usd
        if value is None:
            value = max(self.value * (best_usd or 0.0), self.least_value_usd)
        value *= pace
        return Stakes(
            value_usd=value,
            harm_usd=value * self.harm.get(risk, 1.0),
            false_accept=self.false_accept if false_accept is None else false_accept,
            false_reject=self.false_reject,
            second_usd=self.second_usd,
        )


class Pacer:
    """Keeps a budget: the value of a solved task rises and falls with what is left.

    The value is the budget's dual variable (Badanidiyuru, Kleinberg, Slivkins: Bandits with
    Knapsacks, 2013): a multiplicative step after each task, by how far its cost was from the pace
    that what is left allows. Deterministic; give it to the router as its worth.
    """

    STEP = 0.06
    FAR = 3.0
    """A cost counts as at most so many times the pace: one dear task is no trend."""

    def __init__(
        self, worth: Worth | None = None, *, budget_usd: float, tasks: int, value_usd: float
    ) -> None:
        self._worth = worth or Worth()
        self._left_usd = budget_usd
        self._left = tasks
        self.value_usd = value_usd
        """Where it starts, and where it stands."""

    def __call__(self, request: RoutingRequest) -> Worth:
        """The worth as it stands; the request does not matter."""
        return replace(self._worth, value_usd=self.value_usd)

    def spent(self, usd: float) -> None:
        """One more task is done and has cost this."""
        pace = max(self._left_usd, 0.0) / max(self._left, 1)
        self._left_usd -= usd
        self._left = max(self._left - 1, 0)
        over = self.FAR if pace <= 0 else min(usd / pace, self.FAR) - 1
        self.value_usd *= exp(-self.STEP * over)
