"""What the tests over real HTTP share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from gatewright.domain.conversation import Message
from gatewright.domain.errors import ModelFault
from gatewright.domain.ports import Circuits
from gatewright.models.catalogue import ModelSpec
from gatewright.models.client import Catalogue, LiteModel
from gatewright.models.retries import RetryPolicy
from tests.support.openai_server import OpenAIServer

KEY = "sk-test-7f3a"
SAID = [
    Message(role="system", content="Be brief."),
    Message(role="user", content="TOP-SECRET-PLAN"),
]
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class Provider:
    """A scripted provider, and models that speak to it."""

    def __init__(self, server: OpenAIServer) -> None:
        self.server = server
        self.waits: list[float] = []
        self.catalogues: list[Catalogue] = []

    def model(
        self,
        name: str = "openai/gpt-4o-mini",
        *,
        circuits: Circuits | None = None,
        policy: RetryPolicy | None = None,
        **fields: Any,
    ) -> LiteModel:
        """A model whose waits between tries are written down and not waited."""
        given = {"api_base": self.server.url, "api_key_env": "TEST_KEY"} | fields
        spec = ModelSpec(name=name, **given)
        catalogue = Catalogue(
            [spec],
            secret={"TEST_KEY": KEY}.get,
            policy=policy,
            circuits=circuits,
            sleep=self._sleep,
        )
        self.catalogues.append(catalogue)
        return catalogue.get(name)

    @property
    def hits(self) -> int:
        return len(self.server.requests)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


Start = Callable[[Any], Awaitable[Provider]]


@pytest_asyncio.fixture(loop_scope="session")
async def provider() -> AsyncIterator[Start]:
    """Start a provider that plays a script; at the end its models' connections are closed."""
    started: list[Provider] = []
    async with AsyncExitStack() as stack:

        async def start(script: Any) -> Provider:
            started.append(Provider(await stack.enter_async_context(OpenAIServer(script))))
            return started[-1]

        yield start
        for one in started:
            for catalogue in one.catalogues:
                await catalogue.aclose()


async def fault_of(model: LiteModel) -> ModelFault:
    with pytest.raises(ModelFault) as caught:
        await model.reply(SAID)
    return caught.value
