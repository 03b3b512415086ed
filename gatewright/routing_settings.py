"""Settings of who answers, at what price, and what happens when nobody does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from gatewright.domain.task import Risk, Role

Row = dict[Risk, Annotated[tuple[str, ...], Field(min_length=1)]]
Strategy = Literal["baseline", "performance", "cost", "balanced", "learning"]
RISKS: tuple[Risk, ...] = get_args(Risk)

BUILTIN: dict[Role, str] = {
    "planner": "builtin/planner",
    "plan_reviewer": "builtin/reviewer",
    "implementer": "builtin/repair",
    "code_reviewer": "builtin/reviewer",
}
"""The agent of each role that needs no model."""

Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)]


def full(path: Path) -> Path:
    """Wherever a later command is started from, it means the same place."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(str(error)) from None


class Section(BaseModel):
    """A part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RoutingSettings(Section):
    """Who may answer in each role, and how the router chooses among them.

    A role's models are one row for every risk, or a row by risk; where there is none, every model
    of the catalogue and the role's built-in agent may answer.
    """

    strategy: Strategy = "learning"
    planner: Row = Field(default_factory=dict)
    plan_reviewer: Row = Field(default_factory=dict)
    implementer: Row = Field(default_factory=dict)
    code_reviewer: Row = Field(default_factory=dict)
    value: float = Field(default=2.0, gt=0, le=1000, allow_inf_nan=False)
    """What a solved task is worth, in attempts of the best model: more buys more attempts."""
    value_usd: Usd | None = None
    """The same in USD, where that is known."""
    harm: dict[Risk, Usd] = Field(default_factory=dict)
    """By risk, what a bad change that is accepted costs, in values of a solved task."""
    false_accept: Rate = 0.02
    """The share of bad changes that the gate lets pass, until reverts and reviews say better."""
    second_usd: Usd = 0.0
    """What a second of waiting costs."""
    half_life: float | None = Field(default=None, ge=10, allow_inf_nan=False)
    """After so many attempts an outcome counts for half; None: it counts for ever."""
    allow: tuple[str, ...] = ()
    """Names, `provider/*` or `tag:word`: nobody else may answer. Empty: anybody."""
    deny: tuple[str, ...] = ()
    """In the same form: never asked."""
    private: tuple[Annotated[Path, AfterValidator(full)], ...] = ()
    """Repositories, or folders of them, whose text only goes to `private_allow`."""
    private_allow: tuple[str, ...] = ("tag:local", "builtin/*")
    least_tier: dict[Risk, Annotated[int, Field(ge=0, le=9)]] = Field(default_factory=dict)
    """By risk, the weakest tier that may answer; models whose tier is not known may not then."""

    @field_validator("planner", "plan_reviewer", "implementer", "code_reviewer", mode="before")
    @classmethod
    def _one_row_for_all(cls, value: object) -> object:
        if isinstance(value, str):
            return dict.fromkeys(RISKS, (value,))
        return value if isinstance(value, Mapping) else dict.fromkeys(RISKS, value)

    def given(self) -> dict[Role, Row]:
        """The rows that were set."""
        return {
            "planner": self.planner,
            "plan_reviewer": self.plan_reviewer,
            "implementer": self.implementer,
            "code_reviewer": self.code_reviewer,
        }

    def rows(self, catalogue: Sequence[str]) -> dict[Role, Row]:
        """Who may answer by role and risk, with every row filled."""
        return {
            role: {risk: row.get(risk, (BUILTIN[role], *catalogue)) for risk in RISKS}
            for role, row in self.given().items()
        }


class RetrySettings(Section):
    """When a failed call is made again."""

    strategy: Literal["immediate", "exponential", "fixed"] = "exponential"
    tries: int = Field(default=4, ge=1, le=20)
    """HTTP attempts of one call, the first included."""
    first_wait_s: Seconds = 1.0
    """Between two tries; with `exponential`, doubled each time."""
    longest_wait_s: Seconds = 60.0
    """Also for what a provider asks for."""
    jitter: bool = True
    """Whether waits are drawn at random up to their length, so that not all come back at once."""
    deadline_s: Seconds = 600.0
    """For all tries and waits together."""


class CircuitSettings(Section):
    """When a model that keeps failing is left alone."""

    failures: int = Field(default=5, ge=1, le=1000)
    """Faults in a row that open its circuit."""
    reset_s: Seconds = 60.0
    """After so long one call is let through to see."""


class BudgetSettings(Section):
    """What all tasks of this home may spend together; None is no limit."""

    day_usd: Usd | None = None
    """In a day (UTC)."""
    month_usd: Usd | None = None
    """In a calendar month (UTC)."""
