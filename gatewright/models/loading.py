"""LiteLLM, imported once, in a thread, with everything switched off that calls out or talks.

Its import takes seconds of CPU and more files than an event loop may wait for. Whoever comes
first starts the thread; everyone else, in any loop, waits for the same one.
"""

import asyncio
import importlib
import inspect
import logging
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from gatewright.domain.errors import EnvironmentFault

_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches prices from the net while importing
    "LITELLM_MODE": "PRODUCTION",  # else it reads the nearest .env file into our environment
    "LITELLM_LOG": "ERROR",
}
_LOGGERS = {
    # Every failure reaches us as an exception; these write prompts into their lines.
    "LiteLLM": logging.CRITICAL,
    "LiteLLM Router": logging.CRITICAL,
    "LiteLLM Proxy": logging.CRITICAL,
    "openai": logging.WARNING,
    "anthropic": logging.WARNING,
}

_SWITCHES = {
    "suppress_debug_info": True,  # else it prints advertisements to stdout
    "disable_hf_tokenizer_download": True,
    "telemetry": False,
}
_ANSWER = (
    '{"id": "warm-up", "object": "chat.completion", "created": 0, "model": "warm-up",'
    ' "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"},'
    ' "finish_reason": "stop"}],'
    ' "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}'
)
_EVENTS = (
    'data: {"id": "warm-up", "object": "chat.completion.chunk", "created": 0, "model": "warm-up",'
    ' "choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": "stop"}]}\n\n'
    "data: [DONE]\n\n"
)

_guard = threading.Lock()
_loading: "Future[ModuleType] | None" = None
_users: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
"""Of each loop's HTTP clients; a loop's number is changed by code on that loop only."""


async def load() -> ModuleType:
    """LiteLLM, imported and made quiet. May be called from anywhere, any number of times.

    Raises: EnvironmentFault when it cannot be imported; the next call tries again.
    """
    future = _start()
    if future.done():
        return future.result()
    # Shielded: one caller that gives up must not take the import from the others.
    return await asyncio.shield(asyncio.wrap_future(future))


def begin() -> None:
    """Start importing, and wait for nothing: whoever calls a model later waits for less."""
    _start()


def loaded() -> bool:
    """Whether `load` has been done, so that a call will not wait for it."""
    future = _loading
    return future is not None and future.done() and future.exception() is None


def _start() -> "Future[ModuleType]":
    global _loading  # noqa: PLW0603  once a process, like the import that it stands for
    with _guard:
        failed = _loading is not None and _loading.done() and _loading.exception() is not None
        if _loading is None or failed:
            _loading = Future()
            threading.Thread(target=_run, args=(_loading,), name="litellm-import").start()
        return _loading


def _run(future: "Future[ModuleType]") -> None:
    try:
        future.set_result(_import())
    except BaseException as error:  # noqa: BLE001  whoever waits must hear of it
        fault = EnvironmentFault(
            f"LiteLLM cannot be imported ({type(error).__name__}: {error})",
            "Install the LiteLLM version that Gatewright's lock names.",
        )
        fault.__cause__ = error
        future.set_exception(fault)


def _import() -> ModuleType:
    os.environ.update(_ENVIRONMENT)
    # An empty folder there would have the tokeniser fetched from the net.
    os.environ.pop("CUSTOM_TIKTOKEN_CACHE_DIR", None)
    litellm = importlib.import_module("litellm")
    for name, value in _SWITCHES.items():
        setattr(litellm, name, value)
    for name, level in _LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    importlib.import_module("gatewright.models.chat")
    # LiteLLM reckons every answer's cost itself; its tokeniser takes a second to be read.
    importlib.import_module("litellm.litellm_core_utils.default_encoding")
    asyncio.run(_warm_up(litellm))
    return litellm


async def _warm_up(litellm: Any) -> None:
    """Two calls that go nowhere: the first ones import for most of a second, on the loop."""
    httpx, openai = importlib.import_module("httpx"), importlib.import_module("openai")

    def answer(request: Any) -> Any:
        streamed = b'"stream":true' in request.content.replace(b" ", b"")
        return httpx.Response(200, text=_EVENTS if streamed else _ANSWER)

    base_url = "http://warm-up.invalid"
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
        openai.AsyncOpenAI(api_key="none", base_url=base_url, http_client=http) as client,
    ):
        messages = [{"role": "user", "content": "hello"}]
        call: dict[str, Any] = {"model": "openai/warm-up", "messages": messages, "client": client}
        call |= {"api_key": "none", "num_retries": 0, "max_retries": 0}
        await litellm.acompletion(**call)
        options = {"include_usage": True}
        async for _ in await litellm.acompletion(**call, stream=True, stream_options=options):
            pass
    await _stop_worker()


async def _stop_worker() -> None:
    """Let LiteLLM's background task for callbacks finish and end: it is bound to one loop."""
    worker = importlib.import_module("litellm.litellm_core_utils.logging_worker")
    await worker.GLOBAL_LOGGING_WORKER.clear_queue()
    await worker.GLOBAL_LOGGING_WORKER.stop()


@asynccontextmanager
async def clients() -> AsyncIterator[None]:
    """Keep the HTTP clients of this event loop; the last of its users to leave closes them.

    LiteLLM has one set for a loop. Closed by the first of several runs to end, it would take the
    answers that the others wait for and have paid for.
    """
    loop = asyncio.get_running_loop()
    _users[loop] = _users.get(loop, 0) + 1
    try:
        yield
    finally:
        _users[loop] -= 1
        if not _users[loop]:
            await close_clients()


async def close_clients() -> None:
    """Close the HTTP clients that LiteLLM keeps for this event loop, and stop its background work.

    Nothing happens when LiteLLM was never loaded. A later call simply opens new connections.
    """
    if not loaded():
        return
    litellm: Any = await load()
    cache = litellm.in_memory_llm_clients_cache
    # LiteLLM's own clean-up closes the clients of other, still running loops too, and leaves the
    # closed ones in the cache, where the next call finds them.
    mine = [key for key in cache.cache_dict if key.endswith(f"-{id(asyncio.get_running_loop())}")]
    # All at once, before anything is waited for: a call that begins meanwhile opens its own.
    closing = [cache.cache_dict.pop(key) for key in mine]
    for key in mine:
        cache.ttl_dict.pop(key, None)
    await _stop_worker()
    for client in closing:
        close = getattr(client, "aclose", None) or getattr(client, "close", None)
        done = close() if close is not None else None
        if inspect.isawaitable(done):
            await done
