"""The launcher of the plan engine: steps are run by helper processes, never by the event loop's.

master (made once, when the first step comes)
├── worker   one step at a time, adopts and kills what the step leaves behind
└── worker   ...
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from gatewright.domain.finishing import whole
from gatewright.domain.plan_ports import Exit, Spawn
from gatewright.plans.launching.channel import Channel
from gatewright.plans.launching.environment import inherited
from gatewright.plans.launching.fork_server import ForkServer
from gatewright.plans.launching.spawning import Order
from gatewright.plans.launching.sweep import sweep

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
        self._clearing: set[asyncio.Task[None]] = set()
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
        order = Order.of(spawn)
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
                ended = await self._run(channel, order)
                if ended is not None:
                    return ended
        return _error("launcher closed" if self._closed else "launcher lost: run it again")

    def begin(self, order: Order, done: Callable[[Exit], None]) -> Callable[[], None] | None:
        """`run` for whoever needs no task: how to stop it; None: no worker is free, `run` it.

        `done` hears how it ended, never before this returns. What this returns is called to have
        it ended, and once more to have it killed; `done` is called all the same.
        """
        if self._closed or not self._idle or self._slots.locked():
            return None
        # One that is not locked is had at once, without a turn of the event loop.
        with suppress(StopIteration):
            self._slots.acquire().send(None)
        channel = self._idle.pop()

        def ended(result: Exit | None) -> None:
            self._slots.release()
            if channel.usable:
                self._idle.append(channel)
            if result is not None:
                done(result)
                return
            clearing = asyncio.create_task(self._clear_then(channel, order, done))
            self._clearing.add(clearing)
            clearing.add_done_callback(self._clearing.discard)

        channel.begin(order, ended)
        return channel.stop

    async def _clear_then(
        self, channel: Channel, order: Order, done: Callable[[Exit], None]
    ) -> None:
        await self._clear(channel, order)
        done(self._lost(channel))

    async def _run(self, channel: Channel, order: Order) -> Exit | None:
        """None: its worker died without having begun."""
        try:
            ended = await channel.run(order)
        except asyncio.CancelledError:
            if not channel.usable:
                await asyncio.shield(self._clear(channel, order))
            raise
        finally:
            if channel.usable:
                self._idle.append(channel)
        if ended is not None:
            return ended
        if channel.pid is None:
            return None
        await self._clear(channel, order)
        return self._lost(channel)

    def _lost(self, channel: Channel) -> Exit:
        if self._closed:
            return _error("launcher closed")
        return _error(f"launcher lost (process {channel.pid}): what it ran was killed")

    async def _clear(self, channel: Channel, order: Order) -> None:
        """Nothing of a lost worker's step is alive afterwards."""
        if self._server is not None and channel.pid is not None:
            await self._server.cleared(channel.pid)
        await asyncio.to_thread(sweep, order.token)

    async def _new(self) -> Channel:
        """A new worker. Raises: OSError."""
        async with self._starting:
            server = self._server
            if server is None or not server.alive:
                server = await whole(self._start(server))
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                await server.fork(theirs)
                ours.setblocking(False)
                channel = Channel(ours, self._forget)
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
            await whole(server.close())


def _error(text: str) -> Exit:
    return Exit(exit_code=None, error=text)
