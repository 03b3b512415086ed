"""Cards: what the spec says, else LiteLLM's table, else not known."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatewright.domain.catalogue import Card, Prior
from gatewright.models.cards import ALL_ABILITIES, builtin_cards, cards, tier_by_price
from gatewright.models.catalogue import ModelSpec
from gatewright.models.prices import Rates
from routing.floors import REVIEWER

TABLE = {
    "gpt": {
        "litellm_provider": "openai",
        "input_cost_per_token": 2.5e-7,
        "output_cost_per_token": 2e-6,
        "max_input_tokens": 272_000,
        "max_output_tokens": 128_000,
        "supports_response_schema": True,
        "supports_function_calling": True,
    },
    "old": {
        "litellm_provider": "openai",
        "input_cost_per_token": 3e-5,
        "output_cost_per_token": 6e-5,
        "max_input_tokens": 8192,
        "max_tokens": 4096,
    },
    "odd": {"litellm_provider": "openai", "max_input_tokens": "many", "max_output_tokens": 0},
    "ollama/llama": {"litellm_provider": "ollama", "max_input_tokens": 8192},
}


def card(name: str, **fields: Any) -> Card:
    return cards([ModelSpec(name=name, **fields)], TABLE)[0]


def test_a_model_of_the_table() -> None:
    assert card("openai/gpt") == Card(
        name="openai/gpt",
        input_usd=2.5e-7,
        output_usd=2e-6,
        context_window=272_000,
        max_output_tokens=128_000,
        abilities=ALL_ABILITIES,
        tier=2,
    )


def test_what_the_spec_says_holds() -> None:
    said: dict[str, Any] = {
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 1e-5,
        "context_window": 16_384,
        "max_output_tokens": 2048,
        "abilities": [],
        "tier": 7,
        "tags": ["eu", "fast"],
        "prior": {"rate": 0.6, "weight": 20},
    }
    assert card("openai/gpt", **said) == Card(
        name="openai/gpt",
        input_usd=1e-6,
        output_usd=1e-5,
        context_window=16_384,
        max_output_tokens=2048,
        tier=7,
        tags=frozenset({"eu", "fast"}),
        prior=Prior(rate=0.6, weight=20),
    )


def test_a_model_that_nobody_knows_knows_nothing_of_itself() -> None:
    assert card("hosted_vllm/qwen", api_base="http://127.0.0.1:8000/v1") == Card(
        name="hosted_vllm/qwen", abilities=frozenset({"structured_output"})
    )


def test_limits_of_the_table_that_are_no_numbers_are_not_known() -> None:
    odd = card("openai/odd")
    assert (odd.context_window, odd.max_output_tokens) == (None, None)


@pytest.mark.parametrize(
    ("name", "fields", "structured"),
    [
        ("openai/gpt", {}, True),
        ("openai/old", {}, False),
        ("openai/old", {"structured": "json_object"}, True),
        ("openai/gpt", {"structured": "prompt"}, False),
        ("openai/old", {"api_base": "http://10.0.0.7/v1"}, True),
        ("openai/newer-than-the-table", {}, True),
        ("ollama/llama", {}, True),
        ("openai/old", {"abilities": ["structured_output"]}, True),
        ("openai/gpt", {"abilities": ["tools"]}, False),
    ],
)
def test_who_can_answer_in_a_given_form(name: str, fields: Any, structured: bool) -> None:
    assert ("structured_output" in card(name, **fields).abilities) is structured


def test_an_address_on_this_machine_is_not_taken_for_local() -> None:
    assert card("openai/gpt", api_base="http://127.0.0.1:4000/v1").tags == frozenset()


@pytest.mark.parametrize(
    ("dollars_in", "dollars_out", "tier"),
    [
        (0.05, 0.4, 1),
        (0.5, 0.5, 1),
        (0.25, 2, 2),
        (1, 5, 2),
        (1.25, 10, 3),
        (3, 15, 3),
        (8, 8, 3),
        (5, 25, 4),
        (0, 0, 0),
        (0, 4, 2),
    ],
)
def test_a_tier_guessed_from_the_price(dollars_in: float, dollars_out: float, tier: int) -> None:
    assert tier_by_price(Rates(dollars_in * 1e-6, dollars_out * 1e-6)) == tier


def test_no_price_is_no_tier() -> None:
    assert tier_by_price(None) == 0


@pytest.mark.parametrize(
    ("given", "rate"), [(None, 0.3), (False, None), ({"rate": 0.9, "weight": 5}, 0.9)]
)
def test_whose_prior_counts(given: Any, rate: float | None) -> None:
    shipped = {"openai/gpt": Prior(rate=0.3, weight=10)}
    [found] = cards([ModelSpec(name="openai/gpt", prior=given)], TABLE, prior_of=shipped.get)
    assert (found.prior and found.prior.rate) == rate


@pytest.mark.parametrize("tags", [["two words"], [""], ["Local"], ["tag:x"], ["-x"]])
def test_a_tag_is_one_plain_word(tags: list[str]) -> None:
    with pytest.raises(ValidationError, match="tags"):
        ModelSpec(name="openai/gpt", tags=frozenset(tags))


def test_the_order_is_that_of_the_specs() -> None:
    names = ["openai/old", "x/unheard-of", "openai/gpt"]
    assert [c.name for c in cards([ModelSpec(name=n) for n in names], TABLE)] == names


def test_litellms_own_table_is_the_usual_one() -> None:
    [mini] = cards([ModelSpec(name="openai/gpt-4o-mini")])
    assert (mini.context_window, mini.input_usd, mini.tier) == (128_000, 1.5e-7, 1)


def test_the_built_in_agents_are_free_local_and_weak() -> None:
    assert [(c.name, c.attempt_usd, c.tier, set(c.tags)) for c in builtin_cards()] == [
        (f"builtin/{agent}", 0.0, 1, {"local"}) for agent in ("planner", "reviewer", "repair")
    ]


def test_the_router_holds_the_same_card_of_the_reviewer() -> None:
    assert REVIEWER in builtin_cards()
