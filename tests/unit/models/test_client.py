"""Calls over real HTTP, on loopback."""

import asyncio
import json
import logging
import traceback
from typing import Any

import pytest
from pydantic import BaseModel

from gatewright.domain.conversation import Reply, Usage
from gatewright.models.catalogue import ModelSpec
from gatewright.models.client import LiteModel
from gatewright.models.prices import bundled_prices, cost_usd, tariff
from gatewright.models.structure import strict_schema
from tests.unit.models.conftest import BOTH, KEY, SAID, Start, fault_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # LiteLLM looks at every attribute of a chunk, the deprecated ones included.
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

COUNTED = {"input": 1000, "output": 200, "cached": 400, "reasoning": 50}


class Verdict(BaseModel):
    approved: bool
    why: str = ""


@BOTH
async def test_reply_is_complete(provider: Start, stream: bool) -> None:
    answer = {"text": "four", "usage": COUNTED, "id": "r1", "response_model": "gpt-4o-mini-2024"}
    model = (await provider({"default": answer})).model(stream=stream)
    reply = await model.reply(SAID)
    assert reply.duration_s > 0
    assert reply.cost_usd == pytest.approx(600 * 1.5e-7 + 400 * 7.5e-8 + 200 * 6e-7)
    assert reply.model_copy(update={"duration_s": 0.0, "cost_usd": None}) == Reply(
        text="four",
        model="openai/gpt-4o-mini",
        response_model="gpt-4o-mini-2024",
        response_id="r1",
        finish_reason="stop",
        usage=Usage(
            input_tokens=1000,
            output_tokens=200,
            cache_read_input_tokens=400,
            reasoning_output_tokens=50,
            source="provider",
        ),
        tries=1,
    )


async def test_request_is_what_the_settings_say(provider: Start) -> None:
    running = await provider({"default": {"text": "x"}, "api_key": KEY})
    await running.model(temperature=0.25, max_output_tokens=99).reply(SAID)
    assert running.server.requests[0].body == {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "TOP-SECRET-PLAN"},
        ],
        "temperature": 0.25,
        "max_tokens": 99,
    }


@BOTH
@pytest.mark.parametrize(
    ("fields", "asked", "sent"),
    [
        ({}, 50, 50),
        ({}, 1_000_000, 16_384),
        ({"max_output_tokens": 99}, 50, 50),
        ({"max_output_tokens": 99}, 100, 99),
        ({"name": "openai/unheard-of"}, 1_000_000, 1_000_000),
        ({}, None, None),
    ],
)
async def test_an_answer_is_limited_by_the_call_and_by_what_the_model_can(
    provider: Start, stream: bool, fields: dict[str, Any], asked: int | None, sent: int | None
) -> None:
    running = await provider({"default": {"text": "x"}})
    await running.model(stream=stream, **fields).reply(SAID, max_output_tokens=asked)
    assert running.server.requests[0].body.get("max_tokens") == sent


@BOTH
async def test_usage_that_was_not_sent_is_not_made_up(provider: Start, stream: bool) -> None:
    model = (await provider({"default": {"text": "x", "usage": None}})).model(stream=stream)
    reply = await model.reply(SAID)
    assert (reply.text, reply.usage, reply.cost_usd) == ("x", Usage(), None)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"name": "openai/unheard-of"}, None),
        ({"name": "hosted_vllm/qwen3"}, None),
        (
            {"name": "openai/x", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
            1000 * 1e-6 + 200 * 2e-6,
        ),
        ({"name": "openai/x", "input_cost_per_token": 0, "output_cost_per_token": 0}, 0.0),
    ],
)
async def test_cost_is_known_or_none(
    provider: Start, fields: dict[str, Any], cost: float | None
) -> None:
    model = (await provider({"default": {"text": "x", "usage": COUNTED}})).model(**fields)
    assert (await model.reply(SAID)).cost_usd == (None if cost is None else pytest.approx(cost))


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-5-mini",
        "anthropic/claude-sonnet-4-5",
        "deepseek/deepseek-chat",
        "gemini/gemini-2.5-flash",
        "gemini/gemini-2.5-pro",
        "mistral/mistral-large-latest",
    ],
)
@pytest.mark.parametrize("given", [1_000, 250_000])
async def test_cost_agrees_with_litellm(name: str, given: int) -> None:
    from gatewright.models.loading import load

    litellm: Any = await load()
    reported = litellm.Usage(
        prompt_tokens=given,
        completion_tokens=200,
        prompt_tokens_details={"cached_tokens": 400},
        completion_tokens_details={"reasoning_tokens": 50},
    )
    usage = Usage(
        input_tokens=given,
        output_tokens=200,
        cache_read_input_tokens=400,
        reasoning_output_tokens=50,
        source="provider",
    )
    theirs = litellm.completion_cost(litellm.ModelResponse(model=name, usage=reported), model=name)
    ours = cost_usd(usage, tariff(ModelSpec(name=name), bundled_prices()))
    assert ours == pytest.approx(theirs)


@BOTH
async def test_truncated_answer_is_returned(provider: Start, stream: bool) -> None:
    script = {"default": {"text": '{"a": ', "finish_reason": "length"}}
    reply = await (await provider(script)).model(stream=stream).reply(SAID)
    assert (reply.text, reply.finish_reason) == ('{"a": ', "length")


# --- keys ----------------------------------------------------------------------------------


async def test_without_a_key_nothing_is_sent(provider: Start) -> None:
    running = await provider({"default": {"text": "x"}})
    fault = await fault_of(running.model(api_key_env="NOT_SET"))
    assert (fault.kind, running.hits, running.waits) == ("not_configured", 0, [])


async def test_key_is_read_at_each_call(provider: Start) -> None:
    running = await provider({"default": {"text": "x"}, "api_key": "sk-new"})
    secrets = {"K": "sk-old"}
    spec = ModelSpec(name="openai/gpt-4o-mini", api_base=running.server.url, api_key_env="K")
    model = LiteModel(spec, secret=secrets.get)
    assert (await fault_of(model)).kind == "authentication"
    secrets["K"] = "sk-new"
    assert (await model.reply(SAID)).text == "x"


async def test_a_key_of_the_environment_is_not_given_to_other_servers(
    provider: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-precious")
    running = await provider({"default": {"text": "x"}, "api_key": "none"})
    assert (await running.model(api_key_env=None).reply(SAID)).text == "x"


@BOTH
async def test_secrets_and_prompts_are_not_told(
    provider: Start,
    stream: bool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"error": {"message": f"no {KEY} for TOP-SECRET-PLAN", "type": "t", "code": KEY}}
    running = await provider({"default": {"status": 401, "body": body}})
    model = running.model(stream=stream)
    fault = await fault_of(model)
    told = "".join(traceback.format_exception(fault)) + repr(fault.__dict__) + repr(fault.args)
    told += repr(model) + repr(await model.chat()) + repr(model.spec)
    told += "".join(record.getMessage() for record in caplog.records if record.name != "asyncio")
    told += "".join(capfd.readouterr())
    assert (KEY in told, "TOP-SECRET-PLAN" in told) == (False, False)
    assert (fault.__cause__, fault.__context__) == (None, None)


# --- structured answers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("structured", "form", "asked"),
    [
        (
            "json_schema",
            {
                "type": "json_schema",
                "json_schema": {
                    "name": "Verdict",
                    "strict": True,
                    "schema": strict_schema(Verdict),
                },
            },
            False,
        ),
        ("json_object", {"type": "json_object"}, True),
        ("prompt", None, True),
    ],
)
async def test_structured_answers(
    provider: Start, structured: str, form: dict[str, Any] | None, asked: bool
) -> None:
    running = await provider({"default": {"json": {"approved": True, "why": ""}}})
    reply = await running.model(structured=structured).reply(SAID, schema=Verdict)
    body = running.server.requests[0].body
    assert json.loads(reply.text) == {"approved": True, "why": ""}
    assert body.get("response_format") == form
    assert ("JSON Schema" in body["messages"][0]["content"]) is asked


# --- many at once, and the end -------------------------------------------------------------


async def test_twenty_calls_at_one_time(provider: Start) -> None:
    running = await provider({"default": {"text": "x", "together": 20}})
    model = running.model()
    replies = await asyncio.gather(*(model.reply(SAID) for _ in range(20)))
    assert ({r.text for r in replies}, {r.tries for r in replies}) == ({"x"}, {1})
    assert len({r.response_id for r in replies}) == running.hits == 20


async def test_calls_after_closing_open_new_connections(provider: Start) -> None:
    running = await provider({"default": {"text": "x"}})
    model = running.model()
    await model.reply(SAID)
    await running.catalogues[0].aclose()
    assert (await model.reply(SAID)).text == "x"


async def test_the_first_run_to_end_leaves_the_others_their_connections(provider: Start) -> None:
    """Else a run that ends takes the answers for which others on its loop wait, and pay again."""
    running = await provider({"default": {"text": "x", "together": 2}})
    model, other = running.model(), running.model()
    first, second = running.catalogues
    async with first.opened():
        async with second.opened():
            waiting = asyncio.ensure_future(model.reply(SAID))
            await running.server.arrived(1)
        await other.reply(SAID)
        assert (await waiting).tries == 1
    assert running.hits == 2


@BOTH
async def test_half_a_character_is_replaced(provider: Start, stream: bool) -> None:
    answer = {"chunks": ["a \ud800 b \ud83d", "\ude00"]}
    reply = await (await provider({"default": answer})).model(stream=stream).reply(SAID)
    assert reply.text == "a \ufffd b \U0001f600"
    assert Reply.model_validate_json(reply.model_dump_json()) == reply
