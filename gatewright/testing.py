"""Doubles of the ports for tests: models that play a script.

model = ScriptedModel("openai/gpt-5-mini", ["first answer", Verdict(...), ModelFault(...)])
...
assert model.calls[0].messages[-1].content == "..."
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from gatewright.domain.conversation import Message, Reply, Usage
from gatewright.domain.errors import ModelFault

Scripted = str | Reply | BaseModel | dict[str, Any] | ModelFault
"""Text; a whole reply, which is given back as it is; a record or a mapping, said as JSON; or a
fault, which is raised."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a model was asked."""

    messages: tuple[Message, ...]
    schema: type[BaseModel] | None


class ScriptedModel:
    """Implements the `Model` port: gives its replies in order, and keeps every call."""

    def __init__(
        self,
        name: str,
        replies: Iterable[Scripted] = (),
        *,
        usage: Usage | None = None,
        cost_usd: float | None = None,
    ) -> None:
        """`usage` and `cost_usd` go with each reply that is not given whole."""
        self.calls: list[Call] = []
        """In the order in which they came, those that were answered by a fault included."""
        self._name = name
        self._replies = list(replies)
        self._usage = usage or Usage()
        self._cost_usd = cost_usd

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    async def reply(
        self, messages: Sequence[Message], *, schema: type[BaseModel] | None = None
    ) -> Reply:
        """The next reply of the script.

        Raises: the script's ModelFault; ModelFault(kind="bad_request") when the script is played
        out, so that a gap shows at once and is never tried again.
        """
        number = len(self.calls)
        self.calls.append(Call(messages=tuple(messages), schema=schema))
        if number >= len(self._replies):
            raise ModelFault(
                self._name, "bad_request", f"the script holds {number} replies; add one more"
            )
        said = self._replies[number]
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


def _text(said: str | BaseModel | dict[str, Any]) -> str:
    if isinstance(said, BaseModel):
        return said.model_dump_json()
    return said if isinstance(said, str) else json.dumps(said)
