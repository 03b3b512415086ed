"""A worker as the event loop sees it: one order out, one answer back."""

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any, Self, cast

from gatewright.domain.plan_ports import Exit, Spawn

_CHUNK = 1 << 12
_ANSWER = 9
"""Fields of an answer; one more says that the worker leaves."""


class Channel(asyncio.BufferedProtocol):
    """A socket to a worker; what it says is taken for a step's end, or for a sign of life."""

    def __init__(self, on_lost: Callable[["Channel"], None]) -> None:
        self.pid: int | None = None
        """None until the worker has said that it is there: before that, it begins nothing."""
        self.usable = True
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._number = 0
        self._partial = b""
        self._buffer = bytearray(_CHUNK)
        self._ended: asyncio.Future[Exit | None] | None = None

    @classmethod
    async def open(cls, end: socket.socket, on_lost: Callable[["Channel"], None]) -> Self:
        """Take over a connected socket."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(lambda: cls(on_lost), sock=end)
        return channel

    async def run(self, spawn: Spawn) -> Exit | None:
        """How the step ended; None when the worker was lost. Cancelled: see `Launcher`."""
        self._number += 1
        self._tell(
            [
                "run",
                self._number,
                spawn.argv,
                dict(spawn.env),
                spawn.cwd,
                str(spawn.stdout),
                str(spawn.stderr),
                spawn.token,
                spawn.timeout_s,
                spawn.grace_s,
            ]
        )
        try:
            return await self._end()
        except asyncio.CancelledError:
            await self._stop(spawn.grace_s)
            raise

    async def _end(self) -> Exit | None:
        if not self.usable:
            return None
        self._ended = asyncio.get_running_loop().create_future()
        return await self._ended

    async def _stop(self, grace_s: float) -> None:
        """Have it ended; cancelled once more, the grace is over."""
        while True:
            self._tell(["stop", self._number, grace_s])
            try:
                await self._end()
            except asyncio.CancelledError:
                grace_s = 0.0
                continue
            return

    def close(self) -> None:
        """The worker kills what it runs, and ends."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BufferedProtocol`."""
        # uvloop's, under `langgraph dev`, is one without being an instance of one.
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> bytearray:
        """See `asyncio.BufferedProtocol`."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        *lines, self._partial = (self._partial + self._buffer[:nbytes]).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message[0] == "ready":
                self.pid = message[1]
            elif message[0] == self._number:
                self._answered(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BufferedProtocol`."""
        self.usable = False
        self._on_lost(self)
        self._settle(None)

    def _answered(self, message: list[Any]) -> None:
        self.usable = self.usable and len(message) == _ANSWER
        _, code, signal, timed_out, error, survivors, duration_s, cpu_s, max_rss_bytes, *_ = message
        self._settle(
            Exit(
                exit_code=code,
                signal=signal,
                timed_out=timed_out,
                error=error,
                survivors=survivors,
                duration_s=duration_s,
                cpu_s=cpu_s,
                max_rss_bytes=max_rss_bytes,
            )
        )

    def _settle(self, ended: Exit | None) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(ended)

    def _tell(self, order: list[Any]) -> None:
        if self._transport is not None and self.usable:
            self._transport.write(json.dumps(order).encode() + b"\n")
