"""The launcher of the plan engine: steps are run by helper processes, never by the event loop's.

master (made once, when the first step comes)
├── worker   one step at a time, adopts and kills what the step leaves behind
└── worker   ...
"""

import asyncio
import os
import socket
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from gatewright.domain.plan_ports import Exit, Spawn
from gatewright.plans.launching.channel import Channel
from gatewright.plans.launching.environment import inherited
from gatewright.plans.launching.fork_server import ForkServer
from gatewright.plans.launching.sweep import sweep

T = TypeVar("T")

MOST_AT_ONCE = 512
"""Steps at a time; each has a worker, of about 2 MB. More of them wait."""

GIVE_UP_S = 10.0

_TRIES = 3
"""For workers that die before they have begun anything."""


class ProcessLauncher:
    """Implements the `Launcher` port; an async context manager, for one event loop."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        most_at_once: int = MOST_AT_ONCE,
        give_up_s: float = GIVE_UP_S,
        grouped: bool = True,
    ) -> None:
        """`environment` is what every step has; by default this process's, without our settings
        and keys. So long after SIGKILL, a process is taken for one that cannot be killed.
        `grouped`: with control groups, where this process may make some."""
        self._environment = inherited(os.environ) if environment is None else dict(environment)
        self._give_up_s = give_up_s
        self._grouped = grouped
        self._slots = asyncio.Semaphore(most_at_once)
        self._idle: list[Channel] = []
        self._channels: set[Channel] = set()
        self._starting = asyncio.Lock()
        self._server: ForkServer | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def run(self, spawn: Spawn) -> Exit:
        """See `Launcher`."""
        async with self._slots:
            for _ in range(_TRIES):
                if self._closed:
                    break
                try:
                    channel = self._idle.pop() if self._idle else await self._new()
                except ConnectionError:
                    continue  # the master was killed just now: another one is made
                except OSError as fault:
                    return _error(f"no process for the step: {fault.strerror or fault}")
                ended = await self._run(channel, spawn)
                if ended is not None:
                    return ended
        return _error("launcher closed" if self._closed else "launcher lost: run it again")

    async def _run(self, channel: Channel, spawn: Spawn) -> Exit | None:
        """None: its worker died without having begun."""
        try:
            ended = await channel.run(spawn)
        except asyncio.CancelledError:
            if not channel.usable:
                await asyncio.shield(self._clear(channel, spawn))
            raise
        finally:
            if channel.usable:
                self._idle.append(channel)
        if ended is not None:
            return ended
        if channel.pid is None:
            return None
        await self._clear(channel, spawn)
        if self._closed:
            return _error("launcher closed")
        return _error(f"launcher lost (process {channel.pid}): what it ran was killed")

    async def _clear(self, channel: Channel, spawn: Spawn) -> None:
        """Nothing of a lost worker's step is alive afterwards."""
        if self._server is not None and channel.pid is not None:
            await self._server.cleared(channel.pid)
        await asyncio.to_thread(sweep, spawn.token)

    async def _new(self) -> Channel:
        """A new worker. Raises: OSError."""
        async with self._starting:
            server = self._server
            if server is None or not server.alive:
                server = await _whole(self._start(server))
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                await server.fork(theirs)
                ours.setblocking(False)
                channel = await Channel.open(ours, self._forget)
            except BaseException:
                ours.close()
                raise
        self._channels.add(channel)
        return channel

    def _forget(self, channel: Channel) -> None:
        self._channels.discard(channel)
        if channel in self._idle:
            self._idle.remove(channel)

    async def _start(self, dead: ForkServer | None) -> ForkServer:
        if dead is not None:
            await dead.close()
        self._server = await ForkServer.start(
            self._environment, give_up_s=self._give_up_s, grouped=self._grouped
        )
        return self._server

    async def close(self) -> None:
        """Kill what runs, and end the helpers; also when it is cancelled meanwhile."""
        self._closed = True
        for channel in list(self._channels):
            channel.close()
        server, self._server = self._server, None
        if server is not None:
            await _whole(server.close())


async def _whole(work: Coroutine[Any, Any, T]) -> T:
    """To its end, even when we are cancelled: half of it would leave a process without an owner."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        task.exception()  # ours goes first; a task whose error nobody asks for would complain
        raise asyncio.CancelledError
    return task.result()


def _error(text: str) -> Exit:
    return Exit(exit_code=None, error=text)
