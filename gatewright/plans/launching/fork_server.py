"""The master as the event loop sees it: makes workers, and says when a dead one is cleared up."""

import asyncio
import contextlib
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Self

_START = (
    "import sys; sys.path.append(sys.argv[1]);"
    "from gatewright.plans.launching.master import main; main(*sys.argv[2:])"
)
_PACKAGES = str(Path(__file__).parents[3])
_LEAVING_S = 5.0
"""More than twice the seconds after which helpers give up killing."""


class ForkServer:
    """A process that forks workers; its death does not end them."""

    def __init__(self, process: Process, end: socket.socket, *, give_up_s: float) -> None:
        self._process = process
        self._end = end
        self._leaving_s = 2 * give_up_s + _LEAVING_S
        self._sending = asyncio.Lock()
        self._ready = asyncio.Event()
        self._gone: dict[int, asyncio.Event] = {}
        self._partial = b""
        self.alive = True
        asyncio.get_running_loop().add_reader(end.fileno(), self._hear)

    @classmethod
    async def start(
        cls, environment: Mapping[str, str], *, give_up_s: float, grouped: bool
    ) -> Self:
        """`give_up_s`, `grouped`: see `ProcessLauncher`.

        Raises: OSError when no process can be started.
        """
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", "-E", "-X", "utf8", "-c", _START),
                *(
                    _PACKAGES,
                    str(theirs.fileno()),
                    str(give_up_s),
                    "grouped" if grouped else "alone",
                ),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C at the terminal is for the engine to judge
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return cls(process, ours, give_up_s=give_up_s)

    async def fork(self, theirs: socket.socket) -> None:
        """Make a worker that listens there. Raises: ConnectionError when there is no master."""
        await self._send(b"+\n", [theirs.fileno()])

    async def cleared(self, pid: int) -> None:
        """Until this worker and all that it left are gone, or the master is."""
        if not self.alive:
            return
        event = self._gone.setdefault(pid, asyncio.Event())
        with contextlib.suppress(ConnectionError):  # which sets the event
            await self._send(b"?%d\n" % pid, [])
        await event.wait()

    async def close(self) -> None:
        """End it, and with it everything below it."""
        self._lose()
        try:
            async with asyncio.timeout(self._leaving_s):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _send(self, line: bytes, descriptors: list[int]) -> None:
        """A whole line: it is shorter than what a socket takes at once.

        Raises: ConnectionError when the master is gone, which is known from then on.
        """
        async with self._sending:
            while self.alive:
                try:
                    socket.send_fds(self._end, [line], descriptors)
                except BlockingIOError:
                    await self._writable()
                    continue
                except ConnectionError:
                    self._lose()
                    raise
                return
        raise ConnectionResetError("the launcher's first helper is gone")

    async def _writable(self) -> None:
        """Until the master has read something, or is gone."""
        loop = asyncio.get_running_loop()
        self._ready.clear()
        loop.add_writer(self._end.fileno(), self._ready.set)
        try:
            await self._ready.wait()
        finally:
            if self.alive:
                loop.remove_writer(self._end.fileno())

    def _hear(self) -> None:
        try:
            data = self._end.recv(4096)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._lose()
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            event = self._gone.pop(int(line), None)
            if event is not None:
                event.set()

    def _lose(self) -> None:
        if not self.alive:
            return
        self.alive = False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._end.fileno())
        loop.remove_writer(self._end.fileno())
        self._end.close()
        self._ready.set()
        for event in self._gone.values():
            event.set()
