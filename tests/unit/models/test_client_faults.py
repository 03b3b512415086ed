"""What providers do wrong, over real HTTP: classified, tried again or not, and left in time."""

import asyncio
from typing import Any

import pytest

from tests.support.openai_wire import ERRORS
from tests.unit.models.conftest import BOTH, SAID, Start, fault_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # LiteLLM looks at every attribute of a chunk, the deprecated ones included.
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

RETRIED = {
    "timeout": "timeout",
    "conflict": "overloaded",
    "too_early": "overloaded",
    "rate_limited": "rate_limited",
    "server_error": "server_error",
    "bad_gateway": "server_error",
    "overloaded": "overloaded",
    "gateway_timeout": "timeout",
    "site_overloaded": "overloaded",
}
FINAL = {
    "bad_request": "bad_request",
    "context_length_exceeded": "context_too_long",
    "content_policy": "content_policy",
    "invalid_key": "authentication",
    "permission": "permission",
    "model_forbidden": "permission",
    "model_not_found": "not_found",
    "too_large": "context_too_long",
    "unprocessable": "bad_request",
    "insufficient_quota": "quota_exhausted",
}


async def test_every_error_of_the_scripted_provider_is_tried() -> None:
    assert ERRORS.keys() == RETRIED.keys() | FINAL.keys()


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", "hosted_vllm/qwen3"])
@BOTH
@pytest.mark.parametrize(("error", "kind"), [*RETRIED.items(), *FINAL.items()])
async def test_provider_errors(
    provider: Start, name: str, stream: bool, error: str, kind: str
) -> None:
    running = await provider({"default": {"error": error}})
    fault = await fault_of(running.model(name, stream=stream))
    assert (fault.kind, fault.status_code, running.hits, running.waits) == (
        kind,
        ERRORS[error][0],
        4 if error in RETRIED else 1,
        [1, 2, 4] if error in RETRIED else [],
    )


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", "hosted_vllm/qwen3"])
@BOTH
@pytest.mark.parametrize(
    "answer",
    [
        {"cut": "before"},
        {"cut": True, "text": "x" * 500},
        {"malformed": True},
        {"empty_choices": True},
        {"text": ""},
    ],
    ids=["cut before", "cut", "malformed", "no choices", "no text"],
)
async def test_broken_answers_are_tried_again(
    provider: Start, name: str, stream: bool, answer: dict[str, Any]
) -> None:
    running = await provider({"default": answer})
    fault = await fault_of(running.model(name, stream=stream))
    assert (fault.kind, fault.status_code, running.hits) == ("server_error", None, 4)


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", "hosted_vllm/qwen3"])
@BOTH
@pytest.mark.parametrize(
    "answer", [{"refusal": "I will not."}, {"text": "", "finish_reason": "content_filter"}]
)
async def test_refusals_are_final(
    provider: Start, name: str, stream: bool, answer: dict[str, Any]
) -> None:
    running = await provider({"default": answer})
    fault = await fault_of(running.model(name, stream=stream))
    assert (fault.kind, running.hits) == ("content_policy", 1)


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", "hosted_vllm/qwen3"])
async def test_a_stream_that_just_ends_is_no_answer(provider: Start, name: str) -> None:
    running = await provider({"default": {"text": "half an ans", "finish_reason": None}})
    fault = await fault_of(running.model(name, stream=True))
    assert (fault.kind, running.hits) == ("server_error", 4)


@BOTH
@pytest.mark.parametrize("answer", [{"stall": True}, {"stall": True, "text": "x" * 500}])
async def test_a_stalled_server_is_left_in_time(
    provider: Start, stream: bool, answer: dict[str, Any]
) -> None:
    script = {"rules": [{"answers": [answer], "repeat_last": False}], "default": {"text": "ok"}}
    running = await provider(script)
    reply = await running.model(stream=stream, timeout_s=0.2).reply(SAID)
    await running.server.ended(2)
    assert (reply.text, reply.tries) == ("ok", 2)
    assert [r.outcome for r in running.server.requests] == ["client_gone", "answered"]


async def test_a_stalled_server_is_a_timeout(provider: Start) -> None:
    running = await provider({"default": {"stall": True}})
    fault = await fault_of(running.model(timeout_s=0.05))
    assert (fault.kind, fault.status_code, running.hits) == ("timeout", None, 4)


async def test_nobody_listens(provider: Start) -> None:
    running = await provider({})
    fault = await fault_of(running.model(api_base="http://127.0.0.1:1/v1"))
    assert (fault.kind, running.waits) == ("connection", [1, 2, 4])


async def test_unknown_provider_is_not_configured(provider: Start) -> None:
    running = await provider({})
    fault = await fault_of(running.model("nobody/x"))
    assert (fault.kind, running.hits) == ("not_configured", 0)


@BOTH
async def test_retries_end_in_the_answer(provider: Start, stream: bool) -> None:
    busy = {"error": "rate_limited", "headers": {"Retry-After": "7"}}
    script = {"default": [busy, {"error": "overloaded"}, {"text": "at last"}]}
    running = await provider(script)
    reply = await running.model(stream=stream).reply(SAID)
    assert (reply.text, reply.tries, running.hits, running.waits) == ("at last", 3, 3, [7, 2])


async def test_cancelling_hangs_up(provider: Start) -> None:
    running = await provider({"default": {"stall": True}})
    task = asyncio.create_task(running.model().reply(SAID))
    await running.server.arrived()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await running.server.ended()
    assert [r.outcome for r in running.server.requests] == ["client_gone"]
