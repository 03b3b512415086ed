"""The catalogue as the router weighs it: one card for each model and each built-in agent.

What a spec says holds. Where it says nothing, LiteLLM's bundled table is asked, and where that
says nothing either, the card does not know. A tier that nobody gave is guessed from the price, and
price is no strength: the guess is only good for keeping the very cheap from what is risky, and a
cheap model that is strong deserves a `tier` of its own in the settings.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gatewright.domain.catalogue import Ability, Card, Prior
from gatewright.models.catalogue import ModelSpec
from gatewright.models.prices import (
    LOCAL_PROVIDERS,
    Rates,
    Table,
    bundled_prices,
    entry_of,
    tariff,
)

ALL_ABILITIES: frozenset[Ability] = frozenset({"structured_output", "tools"})

TIER_BANDS = (0.5, 2.0, 8.0)
"""USD of a million tokens, three of input to one of output: up to the first is tier 1, up to the
second 2, up to the third 3, above it 4. Free or of unknown price: 0, not known."""

BUILT_IN = ("builtin/planner", "builtin/reviewer", "builtin/repair")


def cards(
    specs: Iterable[ModelSpec],
    table: Table | None = None,
    *,
    prior_of: Callable[[str], Prior | None] | None = None,
) -> tuple[Card, ...]:
    """The models' cards, in the order of the specs.

    Without a table LiteLLM's is taken (read from disk the first time). `prior_of` gives the shipped
    prior of a name.
    Raises: EnvironmentFault as `bundled_prices` does.
    """
    known = bundled_prices() if table is None else table
    return tuple(_card(spec, known, prior_of) for spec in specs)


def builtin_cards() -> tuple[Card, ...]:
    """The agents that need no model: free, on this machine, and held to be weak."""
    return tuple(
        Card(
            name=name,
            input_usd=0.0,
            output_usd=0.0,
            abilities=ALL_ABILITIES,
            tier=1,
            tags=frozenset({"local"}),
            attempt_usd=0.0,
        )
        for name in BUILT_IN
    )


def tier_by_price(rates: Rates | None) -> int:
    """A guess from 1 to 4 (see TIER_BANDS); 0 where the price says nothing."""
    if rates is None or (rates.input == 0 and rates.output == 0):
        return 0
    # Rounded: 2.0000000000000004 dollars are two.
    million = round((3 * rates.input + rates.output) / 4 * 1e6, 6)
    return 1 + sum(million > bound for bound in TIER_BANDS)


def _card(spec: ModelSpec, table: Table, prior_of: Callable[[str], Prior | None] | None) -> Card:
    prices, entry = tariff(spec, table), entry_of(spec, table) or {}
    rates = None if prices is None else prices.base
    shipped = prior_of(spec.name) if prior_of is not None and spec.prior is None else None
    return Card(
        name=spec.name,
        input_usd=None if rates is None else rates.input,
        output_usd=None if rates is None else rates.output,
        context_window=spec.context_window or _tokens(entry, "max_input_tokens"),
        max_output_tokens=spec.max_output_tokens or _tokens(entry, "max_output_tokens"),
        abilities=_abilities(spec, entry) if spec.abilities is None else spec.abilities,
        tier=tier_by_price(rates) if spec.tier is None else spec.tier,
        tags=spec.tags,
        prior=spec.prior or shipped,
    )


def _tokens(entry: Mapping[str, Any], name: str) -> int | None:
    value = entry.get(name)
    return value if isinstance(value, int) and value > 0 else None


def _abilities(spec: ModelSpec, entry: Mapping[str, Any]) -> frozenset[Ability]:
    found: set[Ability] = set()
    if _structured(spec, entry):
        found.add("structured_output")
    if entry.get("supports_function_calling") is True:
        found.add("tools")
    return frozenset(found)


def _structured(spec: ModelSpec, entry: Mapping[str, Any]) -> bool:
    """Whether an answer of a given form can be had.

    Who writes `structured` into the settings has tried it. The table is right about the clouds, as
    far as it knows a model; what a server of one's own can do depends on the server, and a model
    that is newer than the table is likely to be able to.
    """
    if "structured" in spec.model_fields_set:
        return spec.structured != "prompt"
    own_server = spec.api_base is not None or spec.provider in LOCAL_PROVIDERS
    return own_server or not entry or entry.get("supports_response_schema") is True
