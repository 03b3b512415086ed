"""What is known about a model before it is called: its address, limits, prices, standing, and its
key's name.

A key is never kept: a spec holds the name of an environment variable, and the value is asked for
at the moment of the call.
"""

from collections.abc import Callable
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from gatewright.domain.catalogue import Ability, Prior
from gatewright.domain.edit import EditFormat
from gatewright.domain.errors import ModelFault
from gatewright.domain.findings import Frozen
from gatewright.domain.secret_forms import keep_out

Secret = Callable[[str], str | None]
"""Gives the value of a secret by its name (`os.environ.get`), None where there is none."""

KEY_OF_PROVIDER = {
    "anthropic": "ANTHROPIC_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "fireworks_ai": "FIREWORKS_AI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "groq": "GROQ_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "together_ai": "TOGETHERAI_API_KEY",
    "xai": "XAI_API_KEY",
}
"""Where a provider's key is looked for when a spec names neither a key nor an address."""

NO_KEY = "none"
"""Sent to servers that need no key: the OpenAI client refuses to send nothing, and were it left
out, LiteLLM would take OPENAI_API_KEY from the environment and hand it to that server."""

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Structured = Literal["json_schema", "json_object", "prompt"]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,40}$")]


class ModelSpec(Frozen):
    """One model of the catalogue."""

    # A wrong value may be a key in the wrong field; it must not be printed.
    model_config = ConfigDict(hide_input_in_errors=True)

    name: str
    """Provider and model as LiteLLM writes them: `openai/gpt-5-mini`, `hosted_vllm/qwen3`."""
    api_base: str | None = None
    """URL of the API (`http://127.0.0.1:8000/v1`); None: the provider's own."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key. None: the provider's usual one, or no
    key at all where `api_base` is given."""
    timeout_s: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """For one HTTP attempt, from the first byte sent to the last byte received."""
    max_output_tokens: int | None = Field(default=None, gt=0)
    temperature: float | None = Field(default=None, ge=0, le=2)
    input_cost_per_token: Price | None = None
    """USD; with `output_cost_per_token` it takes the place of LiteLLM's bundled price."""
    output_cost_per_token: Price | None = None
    cache_read_input_token_cost: Price | None = None
    """USD for an input token that the provider had cached."""
    context_window: int | None = Field(default=None, gt=0)
    """Tokens, input and output together."""
    edit_format: EditFormat | Literal["auto"] = "auto"
    """How the model writes its edits; `auto`: whole files while they are small, search/replace
    blocks otherwise."""
    structured: Structured = "json_schema"
    """How an answer is made to be JSON: a schema that the provider enforces, JSON of any shape, or
    by asking for it."""
    stream: bool = False
    """Whether answers come in pieces, to be watched while they are written."""
    tier: int | None = Field(default=None, ge=0, le=9)
    """How strong it is held to be, for floors by risk: higher is stronger. None: by its price, a
    poor guess (see `gatewright.models.cards`); 0: not known, below every floor."""
    tags: frozenset[Tag] = frozenset()
    """Words that policies name (`tag:local`). Nothing is tagged by itself: an address on this
    machine may pass everything on to a cloud."""
    abilities: frozenset[Ability] | None = None
    """None: as LiteLLM's table has it."""
    prior: Prior | Literal[False] | None = None
    """What is known of its success from elsewhere. None: the shipped one, if there is any; False:
    none."""

    @property
    def provider(self) -> str:
        """`openai` of `openai/gpt-5-mini`."""
        return self.name.partition("/")[0]

    @property
    def key_name(self) -> str | None:
        """The environment variable that must hold a key; None when no key is sent."""
        if self.api_key_env is not None or self.api_base is not None:
            return self.api_key_env
        return KEY_OF_PROVIDER.get(self.provider)

    @field_validator("name")
    @classmethod
    def _has_provider(cls, name: str) -> str:
        provider, _, model = name.partition("/")
        if not provider or not model or name != name.strip():
            raise ValueError("must be `provider/model`, such as `openai/gpt-5-mini`")
        return name

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, api_base: str | None) -> str | None:
        if api_base is None:
            return None
        parts = urlsplit(api_base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http(s) URL, such as `http://127.0.0.1:8000/v1`")
        if parts.username or parts.password or parts.query:
            raise ValueError("must not hold a key: name it in `api_key_env`")
        return api_base

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and not name.isidentifier():
            raise ValueError("must be the name of an environment variable, not the key itself")
        return name

    @model_validator(mode="after")
    def _both_prices(self) -> Self:
        if (self.input_cost_per_token is None) != (self.output_cost_per_token is None):
            raise ValueError("give both input_cost_per_token and output_cost_per_token, or neither")
        return self


def api_key(spec: ModelSpec, secret: Secret) -> str | None:
    """The key to send now; None: LiteLLM finds the provider's own credentials (clouds).

    Raises: ModelFault(kind="not_configured") when the variable that should hold it is empty.
    """
    if spec.key_name is not None:
        key = secret(spec.key_name)
        if not key:
            raise ModelFault(
                spec.name,
                "not_configured",
                f"no API key: set the environment variable {spec.key_name!r}",
            )
        # Wherever somebody quotes it (a provider's error, an answer), it is not to be kept.
        keep_out((key,))
        return key
    return NO_KEY if spec.api_base is not None else None
