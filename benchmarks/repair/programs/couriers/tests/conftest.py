import asyncio

import pytest


@pytest.fixture
def go():
    """Run a coroutine to its end."""
    loop = asyncio.new_event_loop()
    yield lambda coroutine: loop.run_until_complete(asyncio.wait_for(coroutine, 2))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture
def road():
    return Road()


class Road:
    """Delivers after some failures, and knows how many are on the way."""

    def __init__(self):
        self.tries = []
        self.now = 0
        self.most = 0
        self.bad = {}

    async def __call__(self, parcel):
        self.tries.append(parcel)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if self.bad.get(parcel, 0) > 0:
            self.bad[parcel] -= 1
            raise ConnectionError("blocked")
        return parcel.upper()
