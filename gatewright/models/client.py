"""The catalogue as models that can be called: Gatewright's `Model` and `Models`."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from gatewright.domain.conversation import Message, Reply, Usage
from gatewright.domain.errors import InputError, ModelFault
from gatewright.domain.ports import Circuits, Estimate
from gatewright.domain.secret_forms import redact, redact_known
from gatewright.models.catalogue import ModelSpec, Secret, api_key
from gatewright.models.circuits import in_circuit
from gatewright.models.estimates import MESSAGE_TOKENS, count_tokens, estimate, most_output_tokens
from gatewright.models.loading import begin, clients, close_clients, load
from gatewright.models.prices import bundled_prices, tariff
from gatewright.models.retries import Retry, RetryPolicy, Sleep, with_retries
from gatewright.models.structure import response_format, with_schema

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from gatewright.models.chat import LiteChat


class LiteModel:
    """One model of the catalogue, with retries around a circuit breaker around each attempt."""

    def __init__(
        self,
        spec: ModelSpec,
        *,
        secret: Secret = os.environ.get,
        policy: RetryPolicy | None = None,
        circuits: Circuits | None = None,
        sleep: Sleep = asyncio.sleep,
        on_retry: Callable[[Retry], None] | None = None,
    ) -> None:
        self.spec = spec
        self._secret = secret
        self._policy = policy or RetryPolicy()
        self._circuits = circuits
        self._sleep = sleep
        self._on_retry = on_retry
        self._chat: LiteChat | None = None

    def __repr__(self) -> str:
        return f"LiteModel({self.spec.name!r})"

    @property
    def name(self) -> str:
        """As in the catalogue."""
        return self.spec.name

    async def chat(self) -> "LiteChat":
        """The LangChain chat model below: one HTTP attempt a call, no retries."""
        if self._chat is None:
            await load()
            table = await asyncio.to_thread(bundled_prices)
            from gatewright.models.chat import LiteChat  # noqa: PLC0415  seconds, paid in `load`

            prices = tariff(self.spec, table)
            self._chat = LiteChat(self.spec, secret=self._secret, tariff=prices)
        return self._chat

    async def estimate(
        self, messages: Sequence[Message], *, schema: type[BaseModel] | None = None
    ) -> Estimate:
        """What asking this would take, at most; nothing is sent.

        With a schema what it adds is counted, too, in whatever form it is sent.
        """
        asked, options = self._asked(messages, schema)
        texts = [text for _, text in asked] + ([json.dumps(options)] if options else [])
        tokens = await count_tokens(texts, spec=self.spec) + MESSAGE_TOKENS * (len(texts) + 1)
        table = await asyncio.to_thread(bundled_prices)
        return estimate(tokens, spec=self.spec, table=table, prices=tariff(self.spec, table))

    async def count(self, text: str) -> int:
        """Tokens of a text, with a margin for the model's own encoding."""
        return await count_tokens([text], spec=self.spec)

    async def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: type[BaseModel] | None = None,
        max_output_tokens: int | None = None,
    ) -> Reply:
        """Answer once, after as many tries as the policy allows.

        `duration_s` is the caller's wait, retries included. The text is as the model gave it: with
        a schema nobody has checked it yet, and `finish_reason` "length" means that it is cut off,
        at `max_output_tokens` or the model's own limit, whichever is less. Keys of ours that it
        quotes are taken out, and with a schema whatever looks like one: answers are recorded.
        Raises: ModelFault.
        """
        started = time.perf_counter()
        api_key(self.spec, self._secret)  # before anything is loaded: the fault is the same
        chat = await self.chat()
        asked, options = self._asked(messages, schema)
        if max_output_tokens is not None:
            options["max_output_tokens"] = self._most(max_output_tokens)

        async def attempt(left_s: float) -> "AIMessage":
            cut_short = left_s < self.spec.timeout_s / 2
            with in_circuit(self._circuits, self.name, cut_short=cut_short):
                return await chat.ainvoke(asked, limit_s=left_s, **options)

        answer, tries = await with_retries(
            attempt, policy=self._policy, sleep=self._sleep, on_retry=self._on_retry
        )
        reply = self._reply(answer, tries, time.perf_counter() - started)
        if schema is None:
            return reply
        # A plan or a verdict is prose; code has to stay as it was written.
        return reply.model_copy(update={"text": redact(reply.text).text})

    def _most(self, max_output_tokens: int) -> int:
        # A provider refuses to be allowed more than its model can. The table is read: see `chat`.
        return min(
            max_output_tokens,
            most_output_tokens(self.spec, bundled_prices()) or max_output_tokens,
        )

    def _asked(
        self, messages: Sequence[Message], schema: type[BaseModel] | None
    ) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        said, options = list(messages), {}
        if schema is not None:
            form = response_format(schema, self.spec.structured)
            if form is not None:
                options["response_format"] = form
            if self.spec.structured != "json_schema":
                said = with_schema(said, schema)
        return [(message.role, message.content) for message in said], options

    def _reply(self, answer: "AIMessage", tries: int, duration_s: float) -> Reply:
        about = answer.response_metadata
        return Reply(
            text=redact_known(_unicode(answer.text)).text,
            model=self.spec.name,
            response_model=_without_keys(about["model_name"]),
            response_id=_without_keys(about["id"]),
            finish_reason=_without_keys(about["finish_reason"]),
            usage=_usage(answer),
            cost_usd=about["cost_usd"],
            duration_s=duration_s,
            tries=tries,
        )


class Catalogue:
    """Every model that a settings file names.

    Raises: InputError when a name is there twice.
    """

    def __init__(
        self,
        specs: Iterable[ModelSpec],
        *,
        secret: Secret = os.environ.get,
        policy: RetryPolicy | None = None,
        circuits: Circuits | None = None,
        sleep: Sleep = asyncio.sleep,
        on_retry: Callable[[Retry], None] | None = None,
    ) -> None:
        self._models: dict[str, LiteModel] = {}
        for spec in specs:
            if spec.name in self._models:
                raise InputError("models", spec.name, "named twice", "Keep one of the two entries.")
            self._models[spec.name] = LiteModel(
                spec,
                secret=secret,
                policy=policy,
                circuits=circuits,
                sleep=sleep,
                on_retry=on_retry,
            )

    @property
    def names(self) -> tuple[str, ...]:
        """In the order given."""
        return tuple(self._models)

    def get(self, name: str) -> LiteModel:
        """Raises: ModelFault(kind="not_configured") for a name that is not in the catalogue."""
        if name not in self._models:
            known = ", ".join(self._models) or "nothing"
            raise ModelFault(
                name, "not_configured", f"not in the catalogue, which holds {known}; add it there"
            )
        return self._models[name]

    def spec(self, name: str) -> ModelSpec:
        """Raises: ModelFault(kind="not_configured") for a name that is not in the catalogue."""
        return self.get(name).spec

    def begin_loading(self) -> None:
        """Start LiteLLM's import in its thread, while the run does other things."""
        begin()

    async def load(self) -> None:
        """Pay for LiteLLM's import now and not in the first call: before a service says ready."""
        await load()
        await asyncio.to_thread(bundled_prices)

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Around all calls of a run: the connections close when no run of this loop is left."""
        return clients()

    async def aclose(self) -> None:
        """Close this event loop's connections at once, whoever else may be using them."""
        await close_clients()


def _without_keys(text: str | None) -> str | None:
    return None if text is None else redact_known(text).text


def _unicode(text: str) -> str:
    """JSON can hold halves of characters; pairs of them are joined, the others replaced."""
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


def _usage(answer: "AIMessage") -> Usage:
    counts = answer.usage_metadata
    if counts is None:
        return Usage()
    return Usage(
        input_tokens=counts["input_tokens"],
        output_tokens=counts["output_tokens"],
        cache_read_input_tokens=counts.get("input_token_details", {}).get("cache_read"),
        reasoning_output_tokens=counts.get("output_token_details", {}).get("reasoning"),
        source="provider",
    )
