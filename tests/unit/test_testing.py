"""The doubles for users' tests, where they do more than the port asks."""

import pytest
from pydantic import BaseModel

from gatewright.domain.conversation import Message, Reply, Usage
from gatewright.domain.errors import ModelFault
from gatewright.domain.ports import Estimate
from gatewright.testing import Call, ScriptedModel

ASKED = [Message(role="user", content="?")]


class Sum(BaseModel):
    total: int


async def test_records_and_mappings_are_said_as_json() -> None:
    model = ScriptedModel("m", [Sum(total=1), {"total": 2}])
    said = [(await model.reply(ASKED, schema=Sum)).text for _ in range(2)]
    assert [Sum.model_validate_json(text).total for text in said] == [1, 2]


async def test_a_whole_reply_is_given_as_it_is() -> None:
    reply = Reply(text="x", model="other", finish_reason="length", cost_usd=0.5)
    assert await ScriptedModel("m", [reply]).reply(ASKED) is reply


async def test_usage_and_cost_go_with_each_reply() -> None:
    usage = Usage(input_tokens=1, output_tokens=2, source="provider")
    reply = await ScriptedModel("m", ["x"], usage=usage, cost_usd=0.1).reply(ASKED)
    assert (reply.usage, reply.cost_usd) == (usage, 0.1)


async def test_every_call_is_kept_those_too_that_failed() -> None:
    model = ScriptedModel("m", [ModelFault("m", "timeout", "x")])
    for schema in (Sum, None):
        with pytest.raises(ModelFault):
            await model.reply(ASKED, schema=schema)
    asked = tuple(ASKED)
    assert model.calls == [Call(messages=asked, schema=Sum), Call(messages=asked, schema=None)]


async def test_a_limit_of_the_answer_is_kept_with_the_call() -> None:
    model = ScriptedModel("m", ["a long answer"])
    assert (await model.reply(ASKED, max_output_tokens=1)).text == "a long answer"
    assert model.calls == [Call(messages=tuple(ASKED), schema=None, max_output_tokens=1)]


async def test_an_estimate_has_the_prices_that_the_model_was_given() -> None:
    model = ScriptedModel("m", input_token_usd=2.0, output_token_usd=3.0, most_output_tokens=7)
    assert await model.estimate(ASKED) == Estimate(
        input_tokens=5, input_usd=10.0, output_token_usd=3.0, most_output_tokens=7
    )
