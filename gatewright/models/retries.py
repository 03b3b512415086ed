"""When a failed call is made again, and after how long.

At once, after a fixed time, or (the default) after 1, 2, 4, 8 ... s, at most 60; what the provider
asked for in Retry-After comes before all of them, up to the same 60. Only faults that may pass are
tried again; there is a limit of tries and one of time. The libraries below us do not retry
(`num_retries=0`): two loops would multiply. Ours is tenacity's, with waits of our own making.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from gatewright.domain.errors import ModelFault

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
Strategy = Literal["immediate", "exponential", "fixed"]


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long to go on."""

    strategy: Strategy = "exponential"
    """`immediate` does not wait; `fixed` waits as long each time; `exponential` twice as long."""
    tries: int = 4
    """HTTP attempts, the first included."""
    deadline_s: float = 600.0
    """For all tries and waits together; nothing is begun that would end after it."""
    first_wait_s: float = 1.0
    """Every wait, when they are `fixed`."""
    longest_wait_s: float = 60.0
    """Also for what the provider asks for."""
    jitter: bool = False
    """Whether an exponential wait is any part of itself, by chance, so that the many that failed
    together do not come back together."""

    def wait_s(self, fault: BaseException | None, *, tried: int, share: float = 1.0) -> float:
        """Seconds to wait after so many tries; `share` (0 to 1) is what chance leaves of it.

        Retry-After is never shortened by chance: before it is over, nobody is let in.
        """
        asked = fault.retry_after_s if isinstance(fault, ModelFault) else None
        wait_s = self._own_wait_s(tried, share) if asked is None else asked
        return min(wait_s, self.longest_wait_s)

    def _own_wait_s(self, tried: int, share: float) -> float:
        match self.strategy:
            case "immediate":
                return 0.0
            case "fixed":
                return self.first_wait_s
            case "exponential":
                grown = self.first_wait_s * 2.0 ** min(tried - 1, 30)
                return min(grown, self.longest_wait_s) * (share if self.jitter else 1.0)


class Retry(NamedTuple):
    """Said before each wait."""

    fault: ModelFault
    tried: int
    """Tries made so far."""
    wait_s: float


class Tried(NamedTuple, Generic[T]):
    """A result, and how many tries it took."""

    value: T
    tries: int


async def with_retries(
    call: Callable[[float], Awaitable[T]],
    *,
    policy: RetryPolicy,
    sleep: Sleep = asyncio.sleep,
    chance: Callable[[], float] = random.random,
    on_retry: Callable[[Retry], None] | None = None,
) -> Tried[T]:
    """Call until it succeeds; `call` is given the seconds left until the deadline.

    `chance` gives numbers from 0 to 1, one a wait, for the jitter.

    Raises: the last ModelFault, when it may not pass by itself or a limit is reached.
    """
    started = time.monotonic()
    tries = 0

    def spent(state: RetryCallState) -> float:
        # With a sleep that does not sleep (tests), the waits count all the same.
        return max(time.monotonic() - started, state.idle_for)

    def stop(state: RetryCallState) -> bool:
        late = spent(state) + state.upcoming_sleep >= policy.deadline_s
        return late or state.attempt_number >= policy.tries

    def wait(state: RetryCallState) -> float:
        return policy.wait_s(_fault(state), tried=state.attempt_number, share=chance())

    def before_sleep(state: RetryCallState) -> None:
        fault = _fault(state)
        if on_retry is not None and isinstance(fault, ModelFault):
            on_retry(Retry(fault, state.attempt_number, state.upcoming_sleep))

    async def attempt() -> T:
        nonlocal tries
        tries += 1
        return await call(max(policy.deadline_s - (time.monotonic() - started), 0.0))

    retrying = AsyncRetrying(
        sleep=sleep,
        stop=stop,
        wait=wait,
        retry=retry_if_exception(lambda e: isinstance(e, ModelFault) and e.retryable),
        before_sleep=before_sleep,
        reraise=True,
    )
    return Tried(await retrying(attempt), tries)


def _fault(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None
