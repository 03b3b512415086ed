"""One question with a typed answer, and one chance to mend it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from gatewright.domain.conversation import Message
from gatewright.domain.errors import BadAnswer
from gatewright.domain.ports import Model

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Answered(Generic[T]):
    """A valid answer and who gave it."""

    answer: T
    model: str


async def ask(model: Model, messages: Sequence[Message], schema: type[T]) -> Answered[T]:
    """Ask for JSON of a schema; an answer that does not validate is sent back once.

    Raises: BadAnswer when the second is no better; ModelFault.
    """
    said = list(messages)
    problem = ""
    for _ in range(2):
        reply = await model.reply(said, schema=schema)
        try:
            return Answered(answer=_read(reply.text, schema), model=reply.model)
        except ValueError as error:
            problem = _describe(error)
            if reply.finish_reason == "length":
                problem = f"the answer was cut off at the output limit; {problem}"
        said += [
            Message(role="assistant", content=reply.text or "(empty)"),
            Message(
                role="user",
                content=f"That is not valid: {problem}\nAnswer again with only the JSON object.",
            ),
        ]
    raise BadAnswer(model.name, f"no valid {schema.__name__} in two answers: {problem}")


def _read(text: str, schema: type[T]) -> T:
    """The JSON object in a text, which may stand in a fence or among words."""
    fenced = re.search(r"```(?:json)?\s*\n(.*?)```", text, re.DOTALL)
    body = fenced.group(1) if fenced else text
    start = body.find("{")
    if start < 0:
        raise ValueError("there is no JSON object in it")
    value, _ = json.JSONDecoder().raw_decode(body[start:])
    return schema.model_validate(value)


def _describe(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_input=False)[:5]
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'answer'}: {f['msg']}" for f in faults)
