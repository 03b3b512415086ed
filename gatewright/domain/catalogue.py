"""What the router may know of a model before it is asked anything."""

from typing import Literal

from pydantic import Field

from gatewright.domain.findings import Frozen

Ability = Literal["structured_output", "tools"]


class Prior(Frozen):
    """What is known of a model from elsewhere, in the currency of our own counts."""

    rate: float = Field(ge=0, le=1)
    """The share of first attempts that pass."""
    weight: float = Field(ge=0, le=1000, allow_inf_nan=False)
    """For how many attempts of ours it stands; a few dozen of them outweigh it."""
    source: str = ""
    """Where the rate is from, for people."""


class Card(Frozen):
    """One model, or built-in agent, as the router weighs it."""

    name: str
    """As in the catalogue and in every table: `openai/gpt-5-mini`, `builtin/repair`."""
    input_usd: float | None = Field(default=None, ge=0)
    """USD of an input token; None: not known."""
    output_usd: float | None = Field(default=None, ge=0)
    context_window: int | None = Field(default=None, gt=0)
    """Tokens, input and output together; None: not known, taken as enough."""
    max_output_tokens: int | None = Field(default=None, gt=0)
    abilities: frozenset[Ability] = frozenset()
    tier: int = Field(default=0, ge=0, le=9)
    """How strong it is held to be: higher is stronger, and 0 says nothing."""
    tags: frozenset[str] = frozenset()
    """Free words that policies name: `local`, `eu`, `fast`."""
    prior: Prior | None = None
    attempt_usd: float | None = Field(default=None, ge=0)
    """USD of one whole attempt, where that is known better than by tokens; 0 for what is built
    in."""
    attempt_s: float | None = Field(default=None, ge=0)
    """Seconds of one whole attempt, until some were measured."""

    @property
    def provider(self) -> str:
        """`openai` of `openai/gpt-5-mini`."""
        return self.name.partition("/")[0]
