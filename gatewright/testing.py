"""Doubles of the ports for tests: models that play a script.

model = ScriptedModel("openai/gpt-5-mini", ["first answer", Verdict(...), ModelFault(...)])
...
assert model.calls[0].messages[-1].content == "..."
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from gatewright.domain.conversation import Message, Reply, Usage
from gatewright.domain.errors import ModelFault
from gatewright.domain.ports import Estimate

Scripted = str | Reply | BaseModel | dict[str, Any] | ModelFault
"""Text; a whole reply, which is given back as it is; a record or a mapping, said as JSON; or a
fault, which is raised."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a model was asked."""

    messages: tuple[Message, ...]
    schema: type[BaseModel] | None
    max_output_tokens: int | None = None


class ScriptedModel:
    """Implements the `Model` port: gives its replies in order, and keeps every call."""

    def __init__(
        self,
        name: str,
        replies: Iterable[Scripted] | Mapping[str, Iterable[Scripted]] = (),
        *,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        input_token_usd: float | None = None,
        output_token_usd: float | None = None,
        most_output_tokens: int = 4096,
    ) -> None:
        """`replies` in order; or by words that the messages hold, for calls that come at one
        time. `usage` and `cost_usd` go with each reply that is not given whole; prices and the most
        that an answer may have are for `estimate`."""
        self.calls: list[Call] = []
        """In the order in which they came, those that were answered by a fault included."""
        self._name = name
        by_words: Mapping[str, Iterable[Scripted]] = (
            replies if isinstance(replies, Mapping) else {"": replies}
        )
        self._replies: dict[str, list[Scripted]] = {
            words: list(said) for words, said in by_words.items()
        }
        self._played = dict.fromkeys(self._replies, 0)
        self._usage = usage or Usage()
        self._cost_usd = cost_usd
        self._input_token_usd = input_token_usd
        self._output_token_usd = output_token_usd
        self._most_output_tokens = most_output_tokens

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    async def estimate(
        self, messages: Sequence[Message], *, schema: type[BaseModel] | None = None
    ) -> Estimate:
        """By `count`, four tokens more a message, and the prices given; asking is not kept."""
        texts = [message.content for message in messages]
        if schema is not None:
            texts.append(json.dumps(schema.model_json_schema()))
        tokens = sum(_tokens(text) + 4 for text in texts)
        price = self._input_token_usd
        return Estimate(
            input_tokens=tokens,
            input_usd=None if price is None else tokens * price,
            output_token_usd=self._output_token_usd,
            most_output_tokens=self._most_output_tokens,
        )

    async def count(self, text: str) -> int:
        """One for every three bytes of UTF-8, or part of them."""
        return _tokens(text)

    async def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: type[BaseModel] | None = None,
        max_output_tokens: int | None = None,
    ) -> Reply:
        """The next reply of the script, whole however long it is.

        Raises: the script's ModelFault; ModelFault(kind="bad_request") when the script is played
        out, so that a gap shows at once and is never tried again.
        """
        self.calls.append(
            Call(messages=tuple(messages), schema=schema, max_output_tokens=max_output_tokens)
        )
        said = self._next(messages)
        if isinstance(said, ModelFault):
            raise said
        if isinstance(said, Reply):
            return said
        return Reply(
            text=_text(said),
            model=self._name,
            response_model=self._name,
            finish_reason="stop",
            usage=self._usage,
            cost_usd=self._cost_usd,
        )

    def _next(self, messages: Sequence[Message]) -> Scripted:
        asked = "\n".join(message.content for message in messages)
        words = next((words for words in self._replies if words in asked), None)
        if words is None:
            raise ModelFault(self._name, "bad_request", "the script has nothing for this message")
        number, replies = self._played[words], self._replies[words]
        if number >= len(replies):
            raise ModelFault(
                self._name, "bad_request", f"the script holds {number} replies; add one more"
            )
        self._played[words] += 1
        return replies[number]


class ScriptedModels:
    """Implements the `Models` port over scripted models."""

    def __init__(self, *models: ScriptedModel) -> None:
        self._models = {model.name: model for model in models}

    def get(self, name: str) -> ScriptedModel:
        """Raises: ModelFault(kind="not_configured") for a name that no model was given for."""
        if name not in self._models:
            known = ", ".join(self._models) or "nothing"
            raise ModelFault(name, "not_configured", f"not among the scripted models: {known}")
        return self._models[name]


def _tokens(text: str) -> int:
    return (len(text.encode(errors="surrogatepass")) + 2) // 3


def _text(said: str | BaseModel | dict[str, Any]) -> str:
    if isinstance(said, BaseModel):
        return said.model_dump_json()
    return said if isinstance(said, str) else json.dumps(said)
