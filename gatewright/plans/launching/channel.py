"""A worker as the event loop sees it: one order out, one answer back.

The socket is read and written as it is: a transport would take as long again as the messages.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from gatewright.domain.plan_ports import Exit
from gatewright.plans.launching.frames import Frames, frame
from gatewright.plans.launching.spawning import Order

_CHUNK = 1 << 12
_ANSWER = 9
"""Fields of an answer; one more says that the worker leaves."""

OnEnd = Callable[[Exit | None], None]
"""Hears how the step ended; None when the worker was lost."""


class Channel:
    """A socket to a worker; what it says is taken for a step's end, or for a sign of life."""

    def __init__(self, end: socket.socket, on_lost: Callable[["Channel"], None]) -> None:
        """Take over a connected socket, which must not block."""
        self.pid: int | None = None
        """None until the worker has said that it is there: before that, it begins nothing."""
        self.usable = True
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._socket = end
        self._number = 0
        self._frames = Frames()
        self._unsent = b""
        self._on_end: OnEnd | None = None
        self._grace_s = 0.0
        self._loop.add_reader(end.fileno(), self._hear)

    def begin(self, order: Order, on_end: OnEnd) -> None:
        """Have a step run; `on_end` is called once, later, and never by this call."""
        self._number += 1
        self._grace_s = order.grace_s
        self._on_end = on_end
        if self.usable:
            self._tell(["run", self._number, *order])
        else:
            self._loop.call_soon(self._settle, None)

    def stop(self) -> None:
        """Have it ended; called once more, the grace is over. It still ends as all others do."""
        self._tell(["stop", self._number, self._grace_s])
        self._grace_s = 0.0

    async def run(self, order: Order) -> Exit | None:
        """How the step ended; None when the worker was lost. Cancelled: see `Launcher`."""
        ended: asyncio.Future[Exit | None] = self._loop.create_future()
        self.begin(order, ended.set_result)
        cancelled: asyncio.CancelledError | None = None
        while not ended.done():
            try:
                await asyncio.shield(ended)
            except asyncio.CancelledError as error:
                cancelled = error
                self.stop()
        if cancelled is not None:
            raise cancelled
        return ended.result()

    def close(self) -> None:
        """The worker kills what it runs, and ends."""
        if self.usable:
            self.usable = False
            self._loop.call_soon(self._lose)

    def _hear(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        for message in self._frames.feed(data):
            if message[0] == self._number:
                self._answered(message)
            elif message[0] == "ready":
                self.pid = message[1]

    def _lose(self) -> None:
        self.usable = False
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
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
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(ended)

    def _tell(self, message: list[Any]) -> None:
        if not self.usable:
            return
        self._unsent += frame(message)
        if self._send():
            self._loop.add_writer(self._socket.fileno(), self._go_on)

    def _go_on(self) -> None:
        if not self._send():
            self._loop.remove_writer(self._socket.fileno())

    def _send(self) -> bool:
        """Whether something is left for when the socket takes more."""
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._unsent = b""  # it is gone, which `_hear` is about to be told
        return bool(self._unsent)
