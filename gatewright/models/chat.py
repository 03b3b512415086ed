"""A LangChain chat model over LiteLLM: as thin as callbacks, tracing and Studio allow.

One call is one HTTP attempt. Every failure leaves as a ModelFault with nothing behind it: the
exceptions below carry the prompt, and whoever logs or traces an error would log that too.

Import it only after `gatewright.models.loading.load`, which imports it in a thread.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from gatewright.domain.conversation import Usage
from gatewright.domain.errors import ModelFault
from gatewright.models.answers import Answer, Watched, check, read_answer, read_usage
from gatewright.models.catalogue import ModelSpec, Secret, api_key
from gatewright.models.errors import classify
from gatewright.models.loading import load
from gatewright.models.prices import Tariff, cost_usd

_ROLES = {"system": "system", "human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}


class LiteChat(BaseChatModel):
    """One model of the catalogue."""

    spec: ModelSpec
    tariff: Tariff | None = Field(default=None, repr=False)
    streaming: bool = False
    _secret: Secret = PrivateAttr()

    def __init__(self, spec: ModelSpec, *, secret: Secret, tariff: Tariff | None) -> None:
        # Left to itself LangChain streams whenever somebody listens (Studio); then the same model
        # would answer over another path than the one that was tested.
        super().__init__(  # type: ignore[call-arg]  # fields, through pydantic
            spec=spec, tariff=tariff, streaming=spec.stream, disable_streaming=not spec.stream
        )
        self._secret = secret

    @property
    def _llm_type(self) -> str:
        return "gatewright"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.spec.name}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        provider, _, model = self.spec.name.partition("/")
        params = LangSmithParams(ls_provider=provider, ls_model_name=model, ls_model_type="chat")
        if self.spec.temperature is not None:
            params["ls_temperature"] = self.spec.temperature
        most = self._most(kwargs.get("max_output_tokens"))
        if most is not None:
            params["ls_max_tokens"] = most
        if stop:
            params["ls_stop"] = stop
        return params

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("LiteChat answers asynchronously only: use ainvoke")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        limit_s: float | None = None,
        max_output_tokens: int | None = None,
        response_format: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """One attempt, of at most `limit_s` seconds (default and upper limit: the spec's).

        `max_output_tokens` takes the place of the spec's.
        Raises: ModelFault.
        """
        litellm = await load()
        key = api_key(self.spec, self._secret)
        try:
            async with asyncio.timeout(self._limit(limit_s)):
                response = await litellm.acompletion(
                    **self._request(messages, stop, key, response_format, max_output_tokens)
                )
            answer = read_answer(self.spec.name, response)
        except Exception as error:  # noqa: BLE001  LiteLLM raises whatever it meets
            fault = classify(self.spec.name, error, key=key)
        else:
            message = AIMessage(
                content=answer.text,
                usage_metadata=_usage_metadata(answer.usage),
                response_metadata=self._metadata(answer),
            )
            return ChatResult(generations=[ChatGeneration(message=message)])
        raise fault

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        limit_s: float | None = None,
        max_output_tokens: int | None = None,
        response_format: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """The same, in pieces; the last, empty one brings usage, cost and the finish reason.

        Raises: ModelFault.
        """
        litellm = await load()
        key = api_key(self.spec, self._secret)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limit(limit_s)
        request = self._request(messages, stop, key, response_format, max_output_tokens)
        answer = Answer()
        pieces = self._pieces(litellm, request, answer)
        fault: ModelFault | None = None
        try:
            while True:
                try:
                    # Around each step and not the whole: a generator must not be left inside it.
                    async with asyncio.timeout_at(deadline):
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    check(self.spec.name, answer)
                    break
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        except Exception as error:  # noqa: BLE001  LiteLLM raises whatever it meets
            fault = classify(self.spec.name, error, key=key)
        finally:
            await pieces.aclose()
        if fault is not None:
            raise fault
        last = AIMessageChunk(
            content="",
            usage_metadata=_usage_metadata(answer.usage),
            response_metadata=self._metadata(answer),
            chunk_position="last",
        )
        yield ChatGenerationChunk(message=last)

    async def _pieces(
        self, litellm: Any, request: dict[str, Any], answer: Answer
    ) -> AsyncGenerator[str, None]:
        """The pieces of text; what else the stream says is put into `answer`."""
        stream = await litellm.acompletion(
            **request, stream=True, stream_options={"include_usage": True}
        )
        watched = Watched(stream)
        try:
            async for chunk in stream:
                piece = answer.add(chunk)
                if piece:
                    yield piece
            answer.refusal = watched.refusal or answer.refusal
            answer.cut_off = bool(watched.cut_off)
            if watched.counted:
                answer.usage = read_usage(answer.raw_usage)
        finally:
            await stream.aclose()

    def _limit(self, limit_s: float | None) -> float:
        return self.spec.timeout_s if limit_s is None else min(limit_s, self.spec.timeout_s)

    def _most(self, max_output_tokens: int | None) -> int | None:
        return self.spec.max_output_tokens if max_output_tokens is None else max_output_tokens

    def _request(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        key: str | None,
        response_format: dict[str, Any] | None,
        max_output_tokens: int | None,
    ) -> dict[str, Any]:
        spec = self.spec
        optional = {
            "api_base": spec.api_base,
            "api_key": key,
            "temperature": spec.temperature,
            "max_tokens": self._most(max_output_tokens),
            "response_format": response_format,
            "stop": stop,
        }
        return {
            "model": spec.name,
            "messages": [{"role": _ROLES[m.type], "content": m.text} for m in messages],
            # Always the same: LiteLLM keeps a client for each value of the timeout.
            "timeout": spec.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _metadata(self, answer: Answer) -> dict[str, Any]:
        return {
            "id": answer.id,
            "model_name": answer.model or self.spec.name,
            "finish_reason": answer.finish_reason,
            "usage_source": answer.usage.source,
            # Not in usage_metadata: LangChain adds those up and knows no floats.
            "cost_usd": cost_usd(answer.usage, self.tariff),
        }


def _usage_metadata(usage: Usage) -> UsageMetadata | None:
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    metadata = UsageMetadata(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.input_tokens + usage.output_tokens,
    )
    if usage.cache_read_input_tokens is not None:
        metadata["input_token_details"] = {"cache_read": usage.cache_read_input_tokens}
    if usage.reasoning_output_tokens is not None:
        metadata["output_token_details"] = {"reasoning": usage.reasoning_output_tokens}
    return metadata
