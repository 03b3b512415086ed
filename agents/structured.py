"""One question with a typed answer, and one chance to mend it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from agents.room import Room
from agents.telling import most_output, tell_again
from gatewright.domain.conversation import Message
from gatewright.domain.errors import BadAnswer
from gatewright.domain.ports import Model

T = TypeVar("T", bound=BaseModel)

_DECODER = json.JSONDecoder()
_MOST_STARTS = 20
"""Braces that are looked at: words before the object may hold some, code is full of them."""


@dataclass(frozen=True, kw_only=True)
class Answered(Generic[T]):
    """A valid answer and who gave it."""

    answer: T
    model: str

    @property
    def author(self) -> str:
        """Who gave it, as actually used."""
        return self.model


async def ask(
    model: Model, messages: Sequence[Message], schema: type[T], *, room: Room | None = None
) -> Answered[T]:
    """Ask for JSON of a schema; an answer that does not validate is sent back once.

    Raises: BadAnswer when the second is no better; ModelFault.
    """
    said = list(messages)
    problem = ""
    for _ in range(2):
        reply = await model.reply(said, schema=schema, max_output_tokens=most_output(room))
        try:
            return Answered(answer=_read(reply.text, schema), model=reply.model)
        except ValueError as error:
            problem = _describe(error)
            if reply.finish_reason == "length":
                problem = f"the answer was cut off at the output limit; {problem}"
        wrong = f"That is not valid: {problem}\nAnswer again with only the JSON object."
        said = await tell_again(model, said, reply.text, wrong, room=room, schema=schema)
    raise BadAnswer(model.name, f"no valid {schema.__name__} in two answers: {problem}")


def _read(text: str, schema: type[T]) -> T:
    """The first JSON object of a schema in a text, in a fence or among words.

    Raises: ValueError when there is none.
    """
    problems = []
    start = text.find("{")
    for _ in range(_MOST_STARTS):
        if start < 0:
            break
        end = start + 1
        try:
            value, end = _DECODER.raw_decode(text, start)
            return schema.model_validate(value)
        except RecursionError:
            problems.append("its JSON is nested too deeply")
        except ValueError as error:
            problems.append(_describe(error))
        start = text.find("{", end)
    raise ValueError("; ".join(problems[:2]) or "there is no JSON object in it")


def _describe(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_input=False)[:5]
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'answer'}: {f['msg']}" for f in faults)
