"""What LiteLLM hands back, read with suspicion.

It passes refusals, answers without choices and calls without usage as if all were well, estimates
the tokens of a stream whose provider did not count them, and drops refusals from streams.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from gatewright.domain.conversation import Usage
from gatewright.domain.errors import ModelFault
from gatewright.models.errors import ADVICE


@dataclass
class Answer:
    """One answer, whole or while it is being put together from a stream."""

    text: str = ""
    id: str | None = None
    model: str | None = None
    finish_reason: str | None = None
    refusal: str | None = None
    usage: Usage = field(default_factory=Usage)
    raw_usage: Any = None
    cut_off: bool = False

    def add(self, chunk: Any) -> str:
        """Take in one chunk of a stream; its text is given back."""
        self.id = self.id or getattr(chunk, "id", None)
        self.model = self.model or _response_model(chunk)
        self.raw_usage = getattr(chunk, "usage", None) or self.raw_usage
        choices = getattr(chunk, "choices", None)
        if not choices:
            return ""
        self.finish_reason = choices[0].finish_reason or self.finish_reason
        self.refusal = self.refusal or _refusal(choices[0].delta)
        piece = choices[0].delta.content or ""
        self.text += piece
        return piece


class Watched:
    """Listens in on a stream below LiteLLM, for what it does not pass on or makes up."""

    def __init__(self, stream: Any) -> None:
        self.refusal: str | None = None
        self.cut_off: bool | None = None
        """Whether no chunk had a finish reason: LiteLLM would call such an answer complete. None
        when the chunks are of a kind that does not tell."""
        self._stream = stream
        self._below: Any = getattr(stream, "completion_stream", None)
        self._iterator: Any = None
        if self._below is not None:
            stream.completion_stream = self

    @property
    def counted(self) -> bool:
        """Whether the provider itself sent token counts (LiteLLM's own are never stored)."""
        return any(getattr(c, "usage", None) for c in getattr(self._stream, "chunks", ()))

    def __aiter__(self) -> AsyncIterator[Any]:
        self._iterator = aiter(self._below)
        return self

    async def __anext__(self) -> Any:
        chunk = await anext(self._iterator)
        choices = getattr(chunk, "choices", None)
        if choices is not None and self.cut_off is None:
            self.cut_off = True
        if not choices:
            return chunk
        if getattr(choices[0], "finish_reason", None) is not None:
            self.cut_off = False
        if piece := _refusal(getattr(choices[0], "delta", None)):
            self.refusal = (self.refusal or "") + piece
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)


def read_answer(model: str, response: Any) -> Answer:
    """The answer of a call that was not streamed.

    Raises: ModelFault when it is none.
    """
    answer = Answer(id=response.id, model=_response_model(response))
    answer.usage = read_usage(getattr(response, "usage", None))
    if response.choices:
        message = response.choices[0].message
        answer.text = message.content or ""
        answer.refusal = _refusal(message)
        answer.finish_reason = response.choices[0].finish_reason
    check(model, answer)
    return answer


def check(model: str, answer: Answer) -> None:
    """Raises: ModelFault for a refusal and for an answer without text.

    An answer cut off for its length is an answer; it may be empty too (all thought, no words). A
    stream that just ended is none.
    """
    if answer.refusal or answer.finish_reason == "content_filter":
        said = "refusal" if answer.refusal else "finish_reason content_filter"
        raise ModelFault(model, "content_policy", f"{ADVICE['content_policy']} ({said})")
    if answer.cut_off:
        raise ModelFault(model, "server_error", f"{ADVICE['server_error']} (the stream broke off)")
    if not answer.text and answer.finish_reason != "length":
        raise ModelFault(model, "server_error", f"{ADVICE['server_error']} (an empty answer)")


def read_usage(raw: Any) -> Usage:
    """The provider's counts; LiteLLM's zeros for a provider that sent none are told apart."""
    given, taken = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    if not given and not taken:
        return Usage()
    return Usage(
        input_tokens=given,
        output_tokens=taken,
        cache_read_input_tokens=_count(
            getattr(raw, "prompt_tokens_details", None), "cached_tokens"
        ),
        reasoning_output_tokens=_count(
            getattr(raw, "completion_tokens_details", None), "reasoning_tokens"
        ),
        source="provider",
    )


def _count(raw: Any, name: str) -> int | None:
    value = getattr(raw, name, None)
    return value if isinstance(value, int) and value >= 0 else None


def _response_model(response: Any) -> str | None:
    hidden = getattr(response, "_hidden_params", None) or {}
    return hidden.get("provider_response_model") or getattr(response, "model", None)


def _refusal(message: Any) -> str | None:
    fields = getattr(message, "provider_specific_fields", None) or {}
    refusal = getattr(message, "refusal", None) or fields.get("refusal")
    return refusal if isinstance(refusal, str) else None
