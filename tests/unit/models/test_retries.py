import asyncio
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.errors import FaultKind, ModelFault
from gatewright.models.retries import Retry, RetryPolicy, Strategy, with_retries


def fault(kind: FaultKind = "server_error", *, after: float | None = None) -> ModelFault:
    return ModelFault("openai/x", kind, "said the test", retry_after_s=after)


class Calls:
    """Plays outcomes in order; records the waits between them."""

    def __init__(self, *outcomes: Exception | str) -> None:
        self.outcomes = list(outcomes)
        self.waits: list[float] = []
        self.left: list[float] = []

    async def call(self, left_s: float) -> str:
        self.left.append(left_s)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def run(self, *, chance: float = 1.0, **policy: Any) -> tuple[str, int]:
        return await with_retries(
            self.call, policy=RetryPolicy(**policy), sleep=self.sleep, chance=lambda: chance
        )


async def test_first_success_is_the_answer() -> None:
    assert await Calls("yes").run() == ("yes", 1)


async def test_waits_double_up_to_the_longest() -> None:
    calls = Calls(*[fault()] * 8, "yes")
    assert await calls.run(tries=9) == ("yes", 9)
    assert calls.waits == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        ({"strategy": "immediate"}, [0, 0, 0]),
        ({"strategy": "fixed", "first_wait_s": 5}, [5, 5, 5]),
        ({"strategy": "fixed", "first_wait_s": 90}, [60, 60, 60]),
        ({"strategy": "exponential", "first_wait_s": 3}, [3, 6, 12]),
        ({"strategy": "exponential", "jitter": True}, [0.25, 0.5, 1]),
        ({"strategy": "exponential", "jitter": False}, [1, 2, 4]),
        ({"strategy": "fixed", "jitter": True}, [1, 1, 1]),
    ],
)
async def test_strategies(policy: dict[str, Any], waits: list[float]) -> None:
    calls = Calls(*[fault()] * 3, "yes")
    await calls.run(chance=0.25, **policy)
    assert calls.waits == waits


@pytest.mark.parametrize("strategy", get_args(Strategy))
async def test_every_strategy_waits_as_long_as_the_provider_asks(strategy: Strategy) -> None:
    calls = Calls(fault("rate_limited", after=7), "yes")
    await calls.run(chance=0.25, strategy=strategy, jitter=True)
    assert calls.waits == [7]


@pytest.mark.parametrize("strategy", get_args(Strategy))
async def test_every_strategy_ends(strategy: Strategy) -> None:
    calls = Calls(*[fault()] * 9)
    with pytest.raises(ModelFault):
        await calls.run(strategy=strategy, tries=3)
    assert len(calls.outcomes) == 6


async def test_chance_is_asked_anew_for_each_wait() -> None:
    calls, shares = Calls(*[fault()] * 2, "yes"), iter((0.5, 0.125))
    policy = RetryPolicy(jitter=True)
    await with_retries(calls.call, policy=policy, sleep=calls.sleep, chance=lambda: next(shares))
    assert calls.waits == [0.5, 0.25]


async def test_last_fault_is_raised_when_tries_are_used_up() -> None:
    last = fault("overloaded")
    calls = Calls(fault(), fault(), fault(), last)
    with pytest.raises(ModelFault) as caught:
        await calls.run()
    assert (caught.value, calls.waits) == (last, [1, 2, 4])


@pytest.mark.parametrize(("after", "waited"), [(7.0, 7.0), (0.0, 0.0), (600.0, 60.0)])
async def test_retry_after_comes_before_backoff(after: float, waited: float) -> None:
    calls = Calls(fault("rate_limited", after=after), "yes")
    await calls.run()
    assert calls.waits == [waited]


async def test_what_cannot_pass_is_not_tried_again() -> None:
    calls = Calls(fault("quota_exhausted", after=1), "never")
    with pytest.raises(ModelFault):
        await calls.run()
    assert (calls.outcomes, calls.waits) == (["never"], [])


async def test_other_errors_are_not_tried_again() -> None:
    calls = Calls(KeyError("bug"), "never")
    with pytest.raises(KeyError):
        await calls.run()
    assert calls.outcomes == ["never"]


async def test_no_wait_is_begun_that_would_end_after_the_deadline() -> None:
    calls = Calls(*[fault()] * 4, "never")
    with pytest.raises(ModelFault):
        await calls.run(tries=9, deadline_s=8)
    assert calls.waits == [1, 2, 4]


async def test_each_try_is_told_how_much_time_is_left() -> None:
    calls = Calls("yes")
    await calls.run(deadline_s=5)
    assert 4 < calls.left[0] <= 5


async def test_retries_are_announced() -> None:
    first = fault("overloaded", after=3)
    calls, heard = Calls(first, "yes"), list[Retry]()
    await with_retries(calls.call, policy=RetryPolicy(), sleep=calls.sleep, on_retry=heard.append)
    assert heard == [Retry(first, 1, 3.0)]


async def test_cancelling_ends_the_wait() -> None:
    waiting = asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    calls = Calls(fault(), "never")
    task = asyncio.create_task(with_retries(calls.call, policy=RetryPolicy(), sleep=sleep))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert calls.outcomes == ["never"]


@given(
    strategy=st.sampled_from(get_args(Strategy)),
    jitter=st.booleans(),
    share=st.floats(0, 1),
    tried=st.integers(1, 10_000),
    after=st.none() | st.floats(0, allow_nan=False),
)
def test_a_wait_is_never_negative_nor_longer_than_the_longest(
    strategy: Strategy, jitter: bool, share: float, tried: int, after: float | None
) -> None:
    policy = RetryPolicy(strategy=strategy, jitter=jitter)
    assert 0 <= policy.wait_s(fault(after=after), tried=tried, share=share) <= 60
