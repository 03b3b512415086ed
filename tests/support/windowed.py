"""A model behind a provider that refuses what does not fit into its window."""

import json
from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel

from agents.room import Room
from gatewright.domain.conversation import Message, Reply
from gatewright.domain.errors import ModelFault
from gatewright.testing import Scripted, ScriptedModel


class WindowedModel(ScriptedModel):
    """Refuses a call whose input and largest answer are more than the window, as providers do."""

    def __init__(
        self,
        window: int,
        replies: Iterable[Scripted] = (),
        *,
        most_output: int = 4096,
        tokens: Callable[[str], int] | None = None,
    ) -> None:
        """`tokens` counts in another way than three bytes each."""
        super().__init__("m", replies, most_output_tokens=most_output)
        self.room = Room(window, most_output)
        self.sizes: list[int] = []
        """Tokens of each input, the answer's room not included."""
        self._tokens = tokens

    async def count(self, text: str) -> int:
        return self._tokens(text) if self._tokens else await super().count(text)

    async def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: type[BaseModel] | None = None,
        max_output_tokens: int | None = None,
    ) -> Reply:
        said = [message.content for message in messages]
        said += [json.dumps(schema.model_json_schema())] if schema else []
        size = sum([await self.count(text) for text in said]) + 4 * len(said)
        self.sizes.append(size)
        if size + (max_output_tokens or self.room.most_output) > (self.room.window or 0):
            raise ModelFault("m", "context_too_long", f"{size} tokens")
        return await super().reply(messages, schema=schema, max_output_tokens=max_output_tokens)
