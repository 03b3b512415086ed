"""What the handler writes of calls of models."""

import pytest

from gatewright.domain.conversation import Message
from gatewright.domain.errors import ModelFault
from gatewright.models.catalogue import ModelSpec
from gatewright.models.client import Catalogue
from gatewright.models.retries import RetryPolicy
from tests.support.openai_server import OpenAIServer
from tests.unit.telemetry.graphs import State, ainvoke, rows, single, talking

pytestmark = [
    # LiteLLM looks at every attribute of a chunk, the deprecated ones included.
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

USAGE = {"input": 1000, "output": 100, "cached": 400, "reasoning": 20}


async def ask(sidecar, script, **fields):
    """One node that asks one model of the catalogue, against a provider that plays a script."""

    async def no_wait(seconds: float) -> None: ...

    async with OpenAIServer(script) as server:
        given = {"name": "openai/gpt-4o-mini", "api_base": server.url, "api_key_env": "TEST_KEY"}
        catalogue = Catalogue(
            [ModelSpec(**given | fields)],
            secret={"TEST_KEY": "sk-test"}.get,
            policy=RetryPolicy(tries=2),
            sleep=no_wait,
        )

        async def work(state: State) -> State:
            model = catalogue.get(*catalogue.names)
            reply = await model.reply([Message(role="user", content="a secret question")])
            return {"answer": reply.text}

        try:
            await ainvoke(sidecar, single(work))
        finally:
            await catalogue.aclose()
            sidecar.flush()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_has_its_counts_and_its_cost(sidecar, folder, stream):
    answer = {"text": "hello", "usage": USAGE, "id": "chatcmpl-1", "response_model": "gpt-4o-mini"}
    await ask(sidecar, {"default": answer}, stream=stream)
    [row] = rows(folder, "llm_calls")
    expected = {
        "node": "work",
        "operation_name": "chat",
        "provider_name": "openai",
        "request_model": "gpt-4o-mini",
        "response_model": "gpt-4o-mini",
        "response_id": "chatcmpl-1",
        "finish_reasons": ["stop"],
        "input_tokens": 1000,
        "output_tokens": 100,
        "cache_read_input_tokens": 400,
        "reasoning_output_tokens": 20,
        "usage_source": "provider",
        "cost_currency": "USD",
        "streamed": stream,
        "status": "ok",
        "error_type": None,
        "retries": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert 0 < row["cost_amount"] < 1
    assert (row["time_to_first_chunk_ms"] is not None) == stream


async def test_the_call_stands_under_its_node(sidecar, folder):
    await ask(sidecar, {"default": {"text": "hello"}})
    assert rows(folder, "llm_calls", "parent_run_id") == rows(folder, "node_runs", "run_id")


async def test_an_unknown_price_is_null(sidecar, folder):
    await ask(sidecar, {"default": {"text": "hello"}}, name="openai/never-heard-of")
    assert rows(folder, "llm_calls", "cost_amount", "cost_currency") == [(None, None)]
    assert rows(folder, "runs", "cost_amount", "unpriced_calls") == [(None, 1)]


async def test_unknown_usage_is_null_and_so_is_the_cost(sidecar, folder):
    await ask(sidecar, {"default": {"text": "hello", "usage": None}})
    columns = ("input_tokens", "output_tokens", "usage_source", "cost_amount")
    assert rows(folder, "llm_calls", *columns) == [(None, None, "none", None)]


async def test_every_http_attempt_is_a_row(sidecar, folder):
    script = {"default": [{"error": "rate_limited"}, {"text": "hello", "usage": USAGE}]}
    await ask(sidecar, script)
    assert rows(folder, "llm_calls", "status", "error_type") == [
        ("error", "rate_limited"),
        ("ok", None),
    ]
    [(cost, unpriced)] = rows(folder, "runs", "cost_amount", "unpriced_calls")
    assert cost > 0
    assert unpriced == 0


async def test_a_call_that_fails_for_good_names_its_kind(sidecar, folder):
    with pytest.raises(ModelFault):
        await ask(sidecar, {"default": {"error": "invalid_key"}})
    assert rows(folder, "llm_calls", "status", "error_type") == [("error", "authentication")]
    assert rows(folder, "node_runs", "status", "error_type") == [("error", "authentication")]


async def test_nothing_that_was_said_is_kept(sidecar, folder):
    await ask(sidecar, {"default": {"text": "a secret answer"}})
    sidecar.close()
    held = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"gpt-4o-mini" in held
    assert b"secret" not in held
    assert "secret" not in str(rows(folder, "llm_calls"))


async def test_any_langchain_model_is_metered(sidecar, folder):
    await ainvoke(sidecar, single(talking))
    sidecar.flush()
    assert rows(folder, "llm_calls", "node", "status", "cost_amount") == [("work", "ok", None)]
