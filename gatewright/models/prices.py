"""What a call cost, from the tokens that the provider counted and a price per token.

Prices come from the model's spec, else from the table inside the installed LiteLLM, which is read
as a file (its import takes seconds and would fetch a newer table from the net). The rules:

- A price or a count that is not known makes the cost None, never 0.
- A cached input token without a price of its own costs as much as any input token, as LiteLLM
  reckons too: that errs to the dear side.
- Where a price rises with the length of the prompt, the whole call is billed at the higher one.
- A price of 0 in the table is believed of models that run on one's own machine; elsewhere it
  stands for "not known" (free trials, models billed otherwise). A 0 in the spec is always believed.
"""

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gatewright.domain.conversation import Usage
from gatewright.domain.errors import EnvironmentFault
from gatewright.models.catalogue import ModelSpec

LOCAL_PROVIDERS = frozenset({"lemonade", "llamafile", "lm_studio", "ollama", "ollama_chat"})
"""Providers that are a program on one's own machine: their tokens are free."""

_TIER = re.compile(r"_above_(\d+)k_tokens$")

Table = Mapping[str, Mapping[str, Any]]


class Rates(NamedTuple):
    """USD per token."""

    input: float
    output: float
    cached: float | None = None
    reasoning: float | None = None


class Tier(NamedTuple):
    """Rates that hold when the prompt has more tokens than this."""

    above: int
    rates: Rates


class Tariff(NamedTuple):
    """The prices of one model."""

    base: Rates
    tiers: tuple[Tier, ...] = ()
    """Highest first."""

    def rates(self, input_tokens: int) -> Rates:
        """What holds for a prompt of so many tokens."""
        return next((t.rates for t in self.tiers if input_tokens > t.above), self.base)


FREE = Tariff(Rates(0.0, 0.0, 0.0))


@cache
def bundled_prices() -> Table:
    """LiteLLM's own table, by model name. Blocks for some 30 ms the first time.

    Raises: EnvironmentFault when LiteLLM is not installed or its table is not where it was.
    """
    spec = importlib.util.find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentFault("LiteLLM is not installed", "Install Gatewright again.")
    path = Path(spec.submodule_search_locations[0], "model_prices_and_context_window_backup.json")
    try:
        table: Table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            f"LiteLLM's table of prices cannot be read at {str(path)!r}",
            "Install the LiteLLM version that Gatewright's lock names.",
        ) from error
    return table


def tariff(spec: ModelSpec, table: Table) -> Tariff | None:
    """What this model's tokens cost; None when that is not known."""
    if spec.input_cost_per_token is not None and spec.output_cost_per_token is not None:
        own = Rates(
            spec.input_cost_per_token, spec.output_cost_per_token, spec.cache_read_input_token_cost
        )
        return Tariff(own)
    entry = entry_of(spec, table)
    local = spec.provider in LOCAL_PROVIDERS
    base = None if entry is None else _rates(entry, "", spec.cache_read_input_token_cost)
    if entry is None or base is None:
        return FREE if local else None
    if base.input == 0 and base.output == 0 and not local:
        return None
    steps = {int(match[1]) for key in entry if (match := _TIER.search(key))}
    tiers = (
        Tier(step * 1000, rates)
        for step in sorted(steps, reverse=True)
        if (rates := _rates(entry, f"_above_{step}k_tokens", spec.cache_read_input_token_cost))
    )
    return Tariff(base, tuple(tiers))


def cost_usd(usage: Usage, prices: Tariff | None) -> float | None:
    """The cost of one call in USD; None when the price or a count is not known."""
    counted = usage.source == "provider"
    if prices is None or not counted or usage.input_tokens is None or usage.output_tokens is None:
        return None
    rates = prices.rates(usage.input_tokens)
    cached = min(usage.cache_read_input_tokens or 0, usage.input_tokens)
    reasoning = min(usage.reasoning_output_tokens or 0, usage.output_tokens)
    cached_rate = rates.input if rates.cached is None else rates.cached
    reasoning_rate = rates.output if rates.reasoning is None else rates.reasoning
    return (
        (usage.input_tokens - cached) * rates.input
        + cached * cached_rate
        + (usage.output_tokens - reasoning) * rates.output
        + reasoning * reasoning_rate
    )


def entry_of(spec: ModelSpec, table: Table) -> Mapping[str, Any] | None:
    """The model's row: under its full name, or under the bare name if of the same provider."""
    if spec.name in table:
        return table[spec.name]
    entry = table.get(spec.name.partition("/")[2])
    if entry is None or entry.get("litellm_provider") != spec.provider:
        return None
    return entry


def _rates(entry: Mapping[str, Any], suffix: str, cached: float | None) -> Rates | None:
    def price(name: str) -> float | None:
        value = entry.get(name + suffix, entry.get(name))
        return float(value) if isinstance(value, int | float) else None

    given, taken = price("input_cost_per_token"), price("output_cost_per_token")
    if given is None or taken is None:
        return None
    if cached is None:
        cached = price("cache_read_input_token_cost")
    return Rates(given, taken, cached, price("output_cost_per_reasoning_token"))
