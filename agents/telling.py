"""The conversation with a model, kept within its window from the first word to the last try."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from agents.brief import conversation, prompt
from agents.fitting import Fitted, Section, TooLong, fit, fit_counted, least
from agents.room import Room, estimated
from agents.sections import ASIDE
from gatewright.domain.conversation import Message
from gatewright.domain.errors import ModelFault
from gatewright.domain.ports import Model
from gatewright.domain.task import Role

_LEAST_QUOTE = 40
"""Characters of an answer, or of what is wrong with it, that are quoted at least."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A conversation's beginning, and what of it had no room."""

    messages: list[Message]
    fitted: Fitted


def told_by_estimate(role: Role, sections: Sequence[Section], *, room: Room | None = None) -> Told:
    """The role's prompt and the sections, where nobody counts tokens; what is needed is said."""
    most = max((room or Room()).input, least(sections))
    return _told(role, fit(sections, room=most))


async def tell(
    model: Model,
    role: Role,
    sections: Sequence[Section],
    *,
    room: Room | None = None,
    schema: type[BaseModel] | None = None,
) -> Told:
    """The role's prompt and the sections, fitted to the model's window.

    A schema takes room, too, and so does an answer that may have to be sent back.
    Raises: ModelFault("context_too_long") when what is needed does not fit; nothing was sent.
    """
    if room is None or room.limit is None:
        return await asyncio.to_thread(told_by_estimate, role, sections, room=room)
    beside = await model.count(prompt(role)) + _aside(room) + _schema_tokens(schema)
    most = min(room.limit - beside, max(room.input - beside, least(sections)))
    try:
        return _told(role, await fit_counted(sections, room=most, count=model.count))
    except TooLong as error:
        raise ModelFault(
            model.name,
            "context_too_long",
            f"{error}: its context window of {room.window} tokens is too small for this task. "
            "Name a model with a larger one for the role, or make the task smaller.",
        ) from None


async def tell_again(
    model: Model,
    messages: Sequence[Message],
    answer: str,
    wrong: str,
    *,
    room: Room | None = None,
    schema: type[BaseModel] | None = None,
) -> list[Message]:
    """The conversation with an answer and what is wrong with it.

    Where that does not fit, older answers go first, and then what is quoted is shortened.
    """
    said = [*messages, *_exchange(answer, wrong)]
    if room is None or room.limit is None:
        return said
    limit = room.limit - _schema_tokens(schema)
    if await _count(model, said) <= limit:
        return said
    opening = [message for message in messages[:2] if message.role != "assistant"]
    most = max(len(answer), len(wrong), 1)
    while True:
        said = [*opening, *_exchange(_quoted(answer, most), _quoted(wrong, most))]
        if most <= _LEAST_QUOTE or await _count(model, said) <= limit:
            return said
        most = max(_LEAST_QUOTE, most * 2 // 3)


def most_output(room: Room | None) -> int | None:
    """Tokens that the window leaves for an answer; None where it is not known."""
    return None if room is None or room.window is None else room.output


def _told(role: Role, fitted: Fitted) -> Told:
    return Told(messages=conversation(role, fitted.texts), fitted=fitted)


def _aside(room: Room) -> int:
    return min(ASIDE, room.input // 8)


def _schema_tokens(schema: type[BaseModel] | None) -> int:
    """A schema goes along in one way or another."""
    return 0 if schema is None else estimated(json.dumps(schema.model_json_schema()))


def _exchange(answer: str, wrong: str) -> tuple[Message, Message]:
    return (
        Message(role="assistant", content=answer or "(empty)"),
        Message(role="user", content=wrong),
    )


def _quoted(text: str, most: int) -> str:
    """The beginning and the end, which says what to do."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n(... {len(text) - 2 * half} characters are left out)\n{text[-half:]}"


async def _count(model: Model, messages: Sequence[Message]) -> int:
    return await model.count("\n\n".join(message.content for message in messages))
