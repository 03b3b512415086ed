"""Reading a typed answer out of what a model says, and asking once more."""

import json

import pytest
from pydantic import BaseModel

from agents.structured import Answered, ask
from gatewright.domain.conversation import Message, Reply
from gatewright.domain.errors import BadAnswer, ModelFault
from gatewright.testing import Scripted, ScriptedModel


class Sum(BaseModel):
    total: int


ASKED = [Message(role="user", content="How many?")]


async def answer(*replies: Scripted) -> int:
    answered = await ask(ScriptedModel("m", replies), ASKED, Sum)
    return answered.answer.total


async def refusal(*replies: Scripted) -> str:
    with pytest.raises(BadAnswer) as caught:
        await answer(*replies)
    return caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        '{"total": 3}',
        '\n {"total": 3}\n',
        '```json\n{"total": 3}\n```',
        '```\n{"total": 3}\n```',
        'It is\n```json\n{"total": 3}\n```\nas you see.',
        'The total is {"total": 3}, I think.',
        'With {x} and {y: 1} it is {"total": 3}.',
        'By the form {"other": 1} it is {"total": 3}.',
        '{"total": 3, "why": "```json\\n{}\\n``` and ```x``` are fences"}',
        '```json\n{"why": "```x``` is a fence", "total": 3}\n```',
        '{"total": 3} {"total": 4}',
        "[" + '{"total": 3}' + "]",
    ],
)
async def test_an_answer_is_found_where_it_stands(text: str) -> None:
    assert await answer(text) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there is no JSON object"),
        ("three", "there is no JSON object"),
        ("[3]", "there is no JSON object"),
        ('{"total": 3', "Expecting"),
        ('{"total": "many"}', "total: Input should be a valid integer"),
        ("{}", "total: Field required"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("{" * 100_000, "Expecting property name"),
        ('{"total": ' + "9" * 5000 + "}", "limit"),
        ('{"why": {"total": ""}, ', "Expecting"),
    ],
)
async def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    assert problem in await refusal(text, text)


async def test_the_answer_names_who_gave_it() -> None:
    reply = Reply(text='{"total": 1}', model="other/one")
    assert await ask(ScriptedModel("m", [reply]), ASKED, Sum) == Answered(
        answer=Sum(total=1), model="other/one"
    )


async def test_a_wrong_answer_is_sent_back_once_with_what_is_wrong() -> None:
    model = ScriptedModel("m", ["", '{"total": 3}'])
    await ask(model, ASKED, Sum)
    first, second = model.calls
    assert first.messages == tuple(ASKED)
    assert [(m.role, m.content) for m in second.messages[1:]] == [
        ("assistant", "(empty)"),
        (
            "user",
            "That is not valid: there is no JSON object in it\n"
            "Answer again with only the JSON object.",
        ),
    ]


async def test_two_wrong_answers_are_the_end() -> None:
    model = ScriptedModel("m", ["no", "no", '{"total": 3}'])
    with pytest.raises(BadAnswer, match="m: no valid Sum in two answers"):
        await ask(model, ASKED, Sum)
    assert len(model.calls) == 2


async def test_an_answer_that_was_cut_off_is_called_so() -> None:
    cut = Reply(text='{"total": ', model="m", finish_reason="length")
    assert "cut off at the output limit" in await refusal(cut, cut)


async def test_the_schema_goes_to_the_model() -> None:
    model = ScriptedModel("m", [{"total": 1}])
    await ask(model, ASKED, Sum)
    assert model.calls[0].schema is Sum


async def test_a_fault_of_the_model_is_not_an_answer() -> None:
    with pytest.raises(ModelFault, match="overloaded"):
        await answer(ModelFault("m", "overloaded", "later"))


async def test_no_more_than_five_faults_are_listed() -> None:
    class Many(BaseModel):
        a: int
        b: int
        c: int
        d: int
        e: int
        f: int

    model = ScriptedModel("m", ["{}", json.dumps(dict.fromkeys("abcdef", 1))])
    await ask(model, ASKED, Many)
    assert model.calls[1].messages[-1].content.count("Field required") == 5
