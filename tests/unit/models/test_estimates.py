"""What a call may take, before it is made: nothing here is sent anywhere."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gatewright.domain.conversation import Message
from gatewright.domain.ports import Estimate
from gatewright.models.catalogue import ModelSpec
from gatewright.models.client import LiteModel
from gatewright.models.estimates import estimate, most_output_tokens
from gatewright.models.prices import Rates, Tariff, Tier, bundled_prices, tariff

TABLE = {"m": {"litellm_provider": "openai", "max_output_tokens": 400}}
SPEC = ModelSpec(name="openai/m")
SAID = [Message(role="system", content="Be brief."), Message(role="user", content="How many?")]


class Verdict(BaseModel):
    approved: bool
    why: str


def model(**fields: Any) -> LiteModel:
    return LiteModel(ModelSpec(**({"name": "openai/gpt-5-mini"} | fields)), secret={}.get)


async def count(text: str, **fields: Any) -> int:
    return await model(**fields).count(text)


async def test_nothing_counts_nothing() -> None:
    assert await count("") == 0


async def test_no_text_counts_less_than_in_the_encoding() -> None:
    """Four words and a full stop: five tokens in cl100k."""
    assert (await count("The cat sat down."), await count("The cat sat down.", name="x/y")) == (
        6,
        7,
    )


async def test_code_counts_some_three_to_five_characters_a_token() -> None:
    text = Path(__file__).read_text()
    assert 3 < len(text) / await count(text) < 5


@pytest.mark.parametrize(
    "text", ["<|endoftext|>", "\ud800 half", "\x00", "a" * 300_000, " " * 300_000, "!?" * 100_000]
)
async def test_odd_texts_are_counted(text: str) -> None:
    assert 1 <= await count(text) <= 2 * len(text)


async def test_an_estimate_holds_every_message_and_its_marks() -> None:
    words = sum([await count(message.content) for message in SAID])
    assert words < (await model().estimate(SAID)).input_tokens <= words + 8 * 3 + 1


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "prompt"])
async def test_a_schema_is_counted_in_every_form(structured: str) -> None:
    asking = model(structured=structured)
    plain, formed = await asking.estimate(SAID), await asking.estimate(SAID, schema=Verdict)
    assert formed.input_tokens > plain.input_tokens + 10


async def test_an_estimate_is_priced_as_the_settings_say() -> None:
    priced = model(input_cost_per_token=2.0, output_cost_per_token=3.0, max_output_tokens=5)
    found = await priced.estimate(SAID)
    assert found.most_usd(5) == found.input_tokens * 2.0 + 15.0


async def test_no_key_is_needed() -> None:
    assert (await model(api_key_env="NOT_SET").estimate(SAID)).input_tokens > 0


def test_the_dearest_price_is_taken() -> None:
    """Nothing is cached, everything is thought, and a long prompt is billed as one."""
    dear = Rates(2.0, 4.0, cached=0.1, reasoning=9.0)
    prices = Tariff(Rates(1.0, 3.0, cached=0.1), (Tier(100, dear),))
    of = [estimate(tokens, spec=SPEC, table=TABLE, prices=prices) for tokens in (100, 101)]
    assert of == [Estimate(100, 100.0, 3.0, 400), Estimate(101, 202.0, 9.0, 400)]


def test_an_unknown_price_is_none() -> None:
    found = estimate(10, spec=SPEC, table=TABLE, prices=None)
    assert (found, found.most_usd(1)) == (Estimate(10, None, None, 400), None)


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, 400),
        ({"max_output_tokens": 99}, 99),
        ({"max_output_tokens": 500}, 500),
        ({"name": "openai/unheard-of"}, 32_768),
        ({"context_window": 1000}, 400),
        ({"context_window": 350}, 250),
        ({"context_window": 50}, 1),
    ],
)
def test_the_longest_answer_is_known_from_settings_table_or_window(
    fields: dict[str, Any], most: int
) -> None:
    spec = ModelSpec(**({"name": "openai/m"} | fields))
    assert estimate(100, spec=spec, table=TABLE, prices=None).most_output_tokens == most


@pytest.mark.parametrize("name", ["openai/gpt-5-mini", "anthropic/claude-sonnet-4-5"])
def test_real_models_have_a_limit_and_a_price(name: str) -> None:
    spec, table = ModelSpec(name=name), bundled_prices()
    assert (most_output_tokens(spec, table) or 0) > 10_000
    found = estimate(1000, spec=spec, table=table, prices=tariff(spec, table))
    assert 0 < (found.most_usd(1000) or 0) < 1
