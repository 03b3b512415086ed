"""What everyone who answers for the `Model` and `Models` ports keeps to: the client over HTTP, and
the double that users' tests are given."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from pydantic import BaseModel

from gatewright.domain.conversation import Message, Reply
from gatewright.domain.errors import ModelFault
from gatewright.domain.ports import Models
from gatewright.models.catalogue import ModelSpec
from gatewright.models.client import Catalogue
from gatewright.testing import ScriptedModel, ScriptedModels
from tests.support.openai_server import OpenAIServer

NAME = "openai/gpt-4o-mini"
INPUT_USD, OUTPUT_USD = 0.25, 2.0
ASKED = [Message(role="system", content="Be brief."), Message(role="user", content="How many?")]

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Sum(BaseModel):
    total: int


class Fixture:
    """Models that play a script, and what the far side of them was asked."""

    def __init__(
        self,
        models: Models,
        asked: Callable[[], list[list[tuple[str, str]]]],
        limits: Callable[[], list[int | None]],
    ) -> None:
        self.models = models
        self.asked = asked
        self.limits = limits

    async def ask(
        self, *, schema: type[BaseModel] | None = None, max_output_tokens: int | None = None
    ) -> Reply:
        model = self.models.get(NAME)
        return await model.reply(ASKED, schema=schema, max_output_tokens=max_output_tokens)


Start = Callable[..., Awaitable[Fixture]]


@pytest_asyncio.fixture(loop_scope="session", params=["scripted", "http"])
async def start(request: pytest.FixtureRequest) -> AsyncIterator[Start]:
    """Start a model that gives these answers: a text, or an error of the provider by name."""
    async with AsyncExitStack() as stack:

        async def scripted(*answers: str | ModelFault) -> Fixture:
            model = ScriptedModel(
                NAME, answers, input_token_usd=INPUT_USD, output_token_usd=OUTPUT_USD
            )
            return Fixture(
                ScriptedModels(model),
                lambda: [[(m.role, m.content) for m in call.messages] for call in model.calls],
                lambda: [call.max_output_tokens for call in model.calls],
            )

        async def http(*answers: str | ModelFault) -> Fixture:
            played = [
                {"text": answer, "usage": None}
                if isinstance(answer, str)
                else {"error": {"authentication": "invalid_key"}[answer.kind]}
                for answer in answers
            ]
            rule = {"answers": played, "repeat_last": False}
            server = await stack.enter_async_context(OpenAIServer({"rules": [rule]}))
            spec = ModelSpec(
                name=NAME,
                api_base=server.url,
                input_cost_per_token=INPUT_USD,
                output_cost_per_token=OUTPUT_USD,
            )
            models = Catalogue([spec])
            stack.push_async_callback(models.aclose)
            return Fixture(
                models,
                lambda: [_said(r.body) for r in server.requests],
                lambda: [r.body.get("max_tokens") for r in server.requests],
            )

        yield scripted if request.param == "scripted" else http


def _said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in body["messages"]]


async def test_a_model_has_the_name_that_it_was_asked_for_by(start: Start) -> None:
    assert (await start()).models.get(NAME).name == NAME


async def test_a_reply_is_the_text_and_names_the_model(start: Start) -> None:
    reply = await (await start("three")).ask()
    assert (reply.text, reply.model, reply.finish_reason) == ("three", NAME, "stop")


async def test_what_is_not_known_is_none_and_not_zero(start: Start) -> None:
    reply = await (await start("three")).ask()
    assert (reply.cost_usd, reply.usage.input_tokens, reply.usage.source) == (None, None, "none")


async def test_replies_come_in_order(start: Start) -> None:
    there = await start("one", "two")
    assert [(await there.ask()).text, (await there.ask()).text] == ["one", "two"]


async def test_the_messages_arrive_as_they_were_said(start: Start) -> None:
    there = await start("three")
    await there.ask()
    assert there.asked() == [[("system", "Be brief."), ("user", "How many?")]]


async def test_with_a_schema_the_text_is_its_json(start: Start) -> None:
    there = await start(json.dumps({"total": 3}))
    assert Sum.model_validate_json((await there.ask(schema=Sum)).text) == Sum(total=3)


async def test_an_answer_that_is_not_of_the_schema_is_still_a_reply(start: Start) -> None:
    """Whoever asked decides what to do about it."""
    assert (await (await start("three")).ask(schema=Sum)).text == "three"


async def test_no_answer_is_a_fault_of_its_kind_that_names_the_model(start: Start) -> None:
    there = await start(ModelFault(NAME, "authentication", "no such key"))
    with pytest.raises(ModelFault) as caught:
        await there.ask()
    assert (caught.value.kind, caught.value.model) == ("authentication", NAME)


async def test_a_gap_in_the_script_is_a_fault_that_is_not_tried_again(start: Start) -> None:
    there = await start("one")
    await there.ask()
    with pytest.raises(ModelFault) as caught:
        await there.ask()
    assert (caught.value.kind, caught.value.retryable) == ("bad_request", False)
    assert len(there.asked()) == 2


async def test_calls_may_be_made_at_one_time(start: Start) -> None:
    there = await start("one", "two", "three")
    replies = await asyncio.gather(*(there.ask() for _ in range(3)))
    assert sorted(reply.text for reply in replies) == ["one", "three", "two"]


@pytest.mark.parametrize("limit", [50, None])
async def test_a_limit_of_the_answer_arrives(start: Start, limit: int | None) -> None:
    there = await start("three")
    await there.ask(max_output_tokens=limit)
    assert there.limits() == [limit]


async def test_tokens_are_counted_rather_too_many_than_too_few(start: Start) -> None:
    model = (await start()).models.get(NAME)
    assert await model.count("one two three four") >= 4
    assert await model.count("") == 0


async def test_more_text_counts_more(start: Start) -> None:
    model = (await start()).models.get(NAME)
    text = "def pages(items: list[str]) -> int:\n"
    assert await model.count(text) < await model.count(text * 2) < await model.count(text * 20)


async def test_an_estimate_has_at_least_the_tokens_of_its_messages(start: Start) -> None:
    model = (await start()).models.get(NAME)
    counted = sum([await model.count(message.content) for message in ASKED])
    assert (await model.estimate(ASKED)).input_tokens >= counted


async def test_an_estimate_is_priced(start: Start) -> None:
    found = await (await start()).models.get(NAME).estimate(ASKED)
    assert found.most_usd(10) == found.input_tokens * INPUT_USD + 10 * OUTPUT_USD


async def test_estimating_asks_nobody(start: Start) -> None:
    there = await start("three")
    estimated = await there.models.get(NAME).estimate(ASKED)
    assert (estimated.most_output_tokens > 0, there.asked()) == (True, [])


async def test_a_model_is_the_same_each_time(start: Start) -> None:
    there = await start()
    assert there.models.get(NAME) is there.models.get(NAME)


async def test_a_name_that_nobody_has_is_not_configured(start: Start) -> None:
    there = await start()
    with pytest.raises(ModelFault) as caught:
        there.models.get("openai/other")
    assert (caught.value.kind, caught.value.model) == ("not_configured", "openai/other")
