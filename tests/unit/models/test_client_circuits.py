"""Retries and the circuit breaker together, against a provider that fails over real HTTP."""

import asyncio
from typing import Any

import pytest

from gatewright.models.client import LiteModel
from gatewright.models.retries import RetryPolicy
from routing.breaker import Breakers, Change
from tests.unit.models.conftest import BOTH, SAID, Start, fault_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # LiteLLM looks at every attribute of a chunk, the deprecated ones included.
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

NAME = "openai/gpt-4o-mini"
ONCE = RetryPolicy(tries=1)


class House:
    """A process's breakers, with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.heard: list[Change] = []
        self.circuits = Breakers(clock=lambda: self.now, on_change=self.heard.append)

    @property
    def standing(self) -> tuple[str, int]:
        (standing,) = self.circuits.states()
        return standing.state, standing.faults


@pytest.fixture
def house() -> House:
    return House()


@BOTH
async def test_the_fifth_fault_opens_and_nothing_more_is_sent(
    provider: Start, house: House, stream: bool
) -> None:
    running = await provider({"default": {"error": "overloaded"}})
    model = running.model(circuits=house.circuits, stream=stream)
    first, second = await fault_of(model), await fault_of(model)
    assert (first.kind, second.kind) == ("overloaded", "circuit_open")
    assert (running.hits, running.waits) == (5, [1, 2, 4, 1])
    assert house.heard == [Change(NAME, "closed", "open", "overloaded")]


async def test_while_open_a_call_fails_at_once_and_says_until_when(
    provider: Start, house: House
) -> None:
    running = await provider({"default": {"error": "insufficient_quota"}})
    model = running.model(circuits=house.circuits)
    await fault_of(model)
    house.now += 20
    fault = await fault_of(model)
    assert (fault.kind, fault.retry_after_s, running.hits) == ("circuit_open", 40.0, 1)
    assert (fault.__cause__, fault.__context__) == (None, None)


async def test_every_try_of_a_call_is_counted_and_its_answer_clears_the_count(
    provider: Start, house: House
) -> None:
    busy = {"error": "rate_limited", "headers": {"Retry-After": "7"}}
    running = await provider({"default": [busy, {"error": "bad_gateway"}, {"text": "at last"}]})
    seen: list[int] = []

    async def sleep(seconds: float) -> None:
        seen.append(house.standing[1])

    spec = running.model().spec.model_copy(update={"api_key_env": None})
    reply = await LiteModel(spec, circuits=house.circuits, sleep=sleep).reply(SAID)
    assert (reply.text, seen, house.standing) == ("at last", [1, 2], ("closed", 0))


@BOTH
async def test_half_open_one_of_twenty_calls_is_sent(
    provider: Start, house: House, stream: bool
) -> None:
    broken = [{"error": "server_error"}] * 5
    running = await provider({"default": [*broken, {"text": "back"}]})
    model = running.model(circuits=house.circuits, policy=ONCE, stream=stream)
    for _ in range(5):
        await fault_of(model)
    house.now += 60
    results = await asyncio.gather(*(model.reply(SAID) for _ in range(20)), return_exceptions=True)
    kinds = sorted(getattr(r, "kind", getattr(r, "text", "?")) for r in results)
    assert kinds == ["back", *["circuit_open"] * 19]
    assert (running.hits, house.standing) == (6, ("closed", 0))


async def test_half_open_a_fault_opens_again_without_a_second_try(
    provider: Start, house: House
) -> None:
    running = await provider({"default": {"error": "server_error"}})
    model = running.model(circuits=house.circuits)
    await fault_of(model)
    await fault_of(model)
    house.now += 60
    fault = await fault_of(model)
    assert (fault.kind, running.hits, house.standing) == ("circuit_open", 6, ("open", 6))


@pytest.mark.parametrize(
    "answer",
    [{"error": "invalid_key"}, {"error": "context_length_exceeded"}, {"refusal": "I will not."}],
)
async def test_a_provider_that_refuses_is_no_broken_one(
    provider: Start, house: House, answer: dict[str, Any]
) -> None:
    running = await provider({"default": answer})
    model = running.model(circuits=house.circuits)
    for _ in range(6):
        await fault_of(model)
    assert (running.hits, house.standing) == (6, ("closed", 0))


async def test_a_cancelled_probe_leaves_the_way_to_the_next_call(
    provider: Start, house: House
) -> None:
    broken = [{"error": "server_error"}] * 5
    running = await provider({"default": [*broken, {"stall": True}, {"text": "back"}]})
    model = running.model(circuits=house.circuits, policy=ONCE)
    for _ in range(5):
        await fault_of(model)
    house.now += 60
    probe = asyncio.create_task(model.reply(SAID))
    await running.server.arrived(6)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert (await model.reply(SAID)).text == "back"
    assert house.standing == ("closed", 0)


async def test_a_stalled_provider_counts(provider: Start, house: House) -> None:
    running = await provider({"default": {"stall": True}})
    model = running.model(circuits=house.circuits, policy=ONCE, timeout_s=0.05)
    assert (await fault_of(model)).kind == "timeout"
    assert house.standing == ("closed", 1)


async def test_a_deadline_of_ours_is_not_held_against_the_model(
    provider: Start, house: House
) -> None:
    running = await provider({"default": {"stall": True}})
    policy = RetryPolicy(deadline_s=0.1)
    model = running.model(circuits=house.circuits, policy=policy, timeout_s=60)
    assert (await fault_of(model)).kind == "timeout"
    assert house.standing == ("closed", 0)


async def test_without_a_key_the_circuit_is_not_asked(provider: Start, house: House) -> None:
    running = await provider({"default": {"text": "x"}})
    await fault_of(running.model(circuits=house.circuits, api_key_env="NOT_SET"))
    assert house.circuits.states() == ()


async def test_models_of_one_provider_have_circuits_of_their_own(
    provider: Start, house: House
) -> None:
    rules = [{"model": "gpt-4o-mini", "answers": [{"error": "insufficient_quota"}]}]
    running = await provider({"rules": rules, "default": {"text": "here"}})
    await fault_of(running.model(circuits=house.circuits))
    other = running.model("openai/gpt-4.1", circuits=house.circuits)
    assert (await other.reply(SAID)).text == "here"


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        (RetryPolicy(strategy="immediate"), [0, 7]),
        (RetryPolicy(strategy="fixed", first_wait_s=3), [3, 7]),
        (RetryPolicy(strategy="exponential"), [1, 7]),
    ],
    ids=lambda value: getattr(value, "strategy", ""),
)
async def test_strategies_over_http(
    provider: Start, policy: RetryPolicy, waits: list[float]
) -> None:
    busy = {"error": "rate_limited", "headers": {"Retry-After": "7"}}
    running = await provider({"default": [{"error": "overloaded"}, busy, {"text": "at last"}]})
    reply = await running.model(policy=policy).reply(SAID)
    assert (reply.text, reply.tries, running.waits) == ("at last", 3, waits)
