"""Named locks over all processes of a home, in the order in which they were asked for.

A lock is a folder of numbered tickets: files, each locked (flock) by whoever waits or holds, for as
long as its process lives. The lowest ticket that is locked has the lock; one that is not locked is
of a process that died, and is taken away. So the kernel says who is alive, and nobody has to guess.
"""

import asyncio
import fcntl
import hashlib
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gatewright.domain.finishing import finish

_POLL_S = (0.01, 0.02, 0.05, 0.1)
"""Between looks at what another process holds; the last one for ever."""
_TICKET = re.compile(r"\d{12}")
_DOOR = "door"
_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, kw_only=True)
class _Ticket:
    folder: Path
    number: int
    descriptor: int

    @property
    def path(self) -> Path:
        return self.folder / f"{self.number:012}"


class FileLocks:
    """Implements the `Locks` port in a folder of the home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._released: dict[Path, asyncio.Event] = {}
        """Wakes those who wait in this process at once."""

    @asynccontextmanager
    async def hold(self, names: Sequence[str]) -> AsyncIterator[None]:
        """All of them, taken in the order of their names, which no two can do crosswise.

        Waits without a limit; released on every path, being cancelled while waiting among them.
        """
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):
                await stack.enter_async_context(self._one(self._folder / _folder_name(name)))
            yield

    @asynccontextmanager
    async def _one(self, folder: Path) -> AsyncIterator[None]:
        taken: list[_Ticket] = []
        try:
            await finish(lambda: taken.append(_take(folder)))
            await self._turn(taken[0])
            yield
        finally:
            for ticket in taken:
                await finish(partial(_give_back, ticket))
            self._wake(folder)

    async def _turn(self, ticket: _Ticket) -> None:
        """Until nobody is before it."""
        looks = 0
        while True:
            released = self._released.setdefault(ticket.folder, asyncio.Event())
            if await asyncio.to_thread(_is_first, ticket):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S[min(looks, len(_POLL_S) - 1)]):
                    await released.wait()
            looks += 1

    def _wake(self, folder: Path) -> None:
        if (event := self._released.pop(folder, None)) is not None:
            event.set()


def _folder_name(name: str) -> str:
    """Any text as a file name, two texts never as one."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_PLAIN.sub('_', name)[:40]}-{digest}"


@contextmanager
def _door(folder: Path) -> Iterator[None]:
    """Tickets are given out, and looked through, by one at a time. Blocks for a moment."""
    descriptor = os.open(folder / _DOOR, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take(folder: Path) -> _Ticket:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _door(folder):
        number = max(_numbers(folder), default=0) + 1
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(folder / f"{number:012}", flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return _Ticket(folder=folder, number=number, descriptor=descriptor)


def _is_first(ticket: _Ticket) -> bool:
    """Takes away tickets of the dead that stand before it."""
    with _door(ticket.folder):
        for number in sorted(_numbers(ticket.folder)):
            if number >= ticket.number:
                return True
            path = ticket.folder / f"{number:012}"
            if _is_held(path):
                return False
            path.unlink(missing_ok=True)
    return True


def _is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _give_back(ticket: _Ticket) -> None:
    ticket.path.unlink(missing_ok=True)
    os.close(ticket.descriptor)


def _numbers(folder: Path) -> list[int]:
    return [int(name) for name in os.listdir(folder) if _TICKET.fullmatch(name)]  # noqa: PTH208
