"""What is said to a model and what comes back."""

from typing import Literal

from gatewright.domain.findings import Frozen


class Message(Frozen):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(Frozen):
    """Tokens as the provider counted them; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    reasoning_output_tokens: int | None = None
    source: Literal["provider", "none"] = "none"


class Reply(Frozen):
    """One answer of a model, complete, as it was paid for."""

    text: str
    model: str
    """The name that was asked for, as in the catalogue: `openai/gpt-5-mini`."""
    response_model: str | None = None
    """The name that the provider answered with."""
    response_id: str | None = None
    finish_reason: str | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    """None when the price or the usage is not known; never 0 for unknown."""
    duration_s: float = 0.0
    tries: int = 1
    """HTTP attempts, the successful one included."""
