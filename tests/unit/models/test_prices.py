import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.conversation import Usage
from gatewright.models.catalogue import ModelSpec
from gatewright.models.prices import Rates, Tariff, Tier, bundled_prices, cost_usd, tariff

TABLE = {
    "plain": {
        "litellm_provider": "openai",
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 4e-6,
    },
    "gemini/long": {
        "litellm_provider": "gemini",
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 4e-6,
        "cache_read_input_token_cost": 1e-7,
        "output_cost_per_reasoning_token": 5e-6,
        "input_cost_per_token_above_200k_tokens": 2e-6,
        "output_cost_per_token_above_200k_tokens": 8e-6,
        "cache_read_input_token_cost_above_200k_tokens": 2e-7,
    },
    "free": {"litellm_provider": "x", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
    "half": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
    "seconds": {"litellm_provider": "openai", "input_cost_per_second": 1.0},
}
LONG = Rates(1e-6, 4e-6, 1e-7, 5e-6)


def usage(given: int = 1000, taken: int = 200, **more: int) -> Usage:
    return Usage(input_tokens=given, output_tokens=taken, source="provider", **more)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (ModelSpec(name="openai/plain"), Tariff(Rates(1e-6, 4e-6))),
        (
            ModelSpec(name="gemini/long"),
            Tariff(LONG, (Tier(200_000, Rates(2e-6, 8e-6, 2e-7, 5e-6)),)),
        ),
        (ModelSpec(name="mistral/plain"), None),
        (ModelSpec(name="openai/unheard-of"), None),
        (ModelSpec(name="openai/half"), None),
        (ModelSpec(name="openai/seconds"), None),
        (ModelSpec(name="x/free"), None),
        (ModelSpec(name="ollama/unheard-of"), Tariff(Rates(0, 0, 0))),
        (
            ModelSpec(name="openai/plain", cache_read_input_token_cost=5e-7),
            Tariff(Rates(1e-6, 4e-6, 5e-7)),
        ),
        (
            ModelSpec(name="gemini/long", input_cost_per_token=0, output_cost_per_token=0),
            Tariff(Rates(0, 0)),
        ),
    ],
)
def test_where_prices_come_from(spec: ModelSpec, found: Tariff | None) -> None:
    assert tariff(spec, TABLE) == found


@pytest.mark.parametrize(
    ("counts", "prices", "cost"),
    [
        (usage(), Tariff(Rates(1e-6, 4e-6)), 0.0018),
        (usage(cache_read_input_tokens=400), Tariff(Rates(1e-6, 2e-6, 1e-7)), 0.00104),
        (usage(cache_read_input_tokens=400), Tariff(Rates(1e-6, 4e-6)), 0.0018),
        (usage(reasoning_output_tokens=50), Tariff(LONG), 0.00185),
        (usage(), Tariff(Rates(0, 0)), 0.0),
        (usage(), None, None),
        (Usage(), Tariff(Rates(1e-6, 4e-6)), None),
        (Usage(), Tariff(Rates(0, 0)), None),
        (Usage(input_tokens=5, source="provider"), Tariff(Rates(1e-6, 4e-6)), None),
        (usage(200_000, 0), Tariff(LONG, (Tier(200_000, Rates(2e-6, 8e-6)),)), 0.2),
        (usage(200_001, 0), Tariff(LONG, (Tier(200_000, Rates(2e-6, 8e-6)),)), 0.400002),
    ],
)
def test_cost(counts: Usage, prices: Tariff | None, cost: float | None) -> None:
    assert cost_usd(counts, prices) == (None if cost is None else pytest.approx(cost, rel=1e-12))


def test_bundled_table_knows_the_usual_names() -> None:
    found = tariff(ModelSpec(name="openai/gpt-4o-mini"), bundled_prices())
    assert found == Tariff(Rates(1.5e-7, 6e-7, 7.5e-8))


def test_every_bundled_entry_can_be_read() -> None:
    for name, entry in bundled_prices().items():
        provider = entry.get("litellm_provider", "x")
        full = name if "/" in name else f"{provider}/{name}"
        found = tariff(ModelSpec(name=full.strip().strip("/") or "x/y"), bundled_prices())
        assert found is None or found.base.input >= 0


COUNTS = st.integers(0, 10_000_000)


@given(given_=COUNTS, taken=COUNTS, cached=COUNTS, reasoning=COUNTS)
def test_cost_is_never_negative_nor_above_the_dearest_rates(
    given_: int, taken: int, cached: int, reasoning: int
) -> None:
    counts = usage(given_, taken, cache_read_input_tokens=cached, reasoning_output_tokens=reasoning)
    cost = cost_usd(counts, tariff(ModelSpec(name="gemini/long"), TABLE))
    assert cost is not None
    assert 0 <= cost <= given_ * 2e-6 + taken * 8e-6 + 1e-9
