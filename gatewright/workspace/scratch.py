"""Where commands get their copies of a repository: in memory where that is safe, else on disk.

Making 1,500 files takes a disk up to a second, and memory some hundredths. But memory is scarce,
and other programs may clear it: systemd empties `/dev/shm` of a user who has logged out. So it is
watched while commands run. What it cannot hold is `ScratchLost`, and to be done again on disk:
outcomes are the same on both.
"""

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.finishing import settle
from gatewright.domain.ports import Runner
from gatewright.workspace import leases
from gatewright.workspace.memory import available_bytes, is_in_memory

MEMORY = Path("/dev/shm")  # noqa: S108 - looked over before it is used
"""Every Linux has it; whether it is fit is found out each time."""

MOST_BYTES = 256 * 2**20
"""Of one copy in memory."""

_SPARE_BYTES = 2**30
"""That must be left besides the copies, several times over."""

_MOST_WRITTEN_BYTES = 2 * 2**30
"""By all copies and commands together, whatever room there is."""

_TIMES = 4
_PAGE_BYTES = 4096
_INODE_BYTES = 1536
"""Of the kernel's memory, for a file or folder in memory however small it is."""

_TICK_S = 0.1


class ScratchLost(Exception):
    """The folder in memory was filled or taken away: nothing that ran in it counts."""


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """A place for copies, and what runs commands in them."""

    folder: Path
    in_memory: bool
    runner: Runner
    """Raises ScratchLost besides what it raises otherwise, where the folder is in memory."""

    @contextmanager
    def making(self) -> Iterator[None]:
        """While a copy is made.

        Raises: ScratchLost for what memory refuses; OSError for what the disk does.
        """
        try:
            yield
        except OSError as error:
            if not self.in_memory:
                raise
            raise ScratchLost(f"no copy can be made in {str(self.folder)!r}: {error}") from error


@asynccontextmanager
async def scratch(
    disk: Path, runner: Runner, *, memory: Path | None, copy_bytes: int, copies: int
) -> AsyncIterator[Scratch]:
    """A folder of its own for at most so many copies at a time; `disk`, where memory is not fit.

    What is in memory is gone at the end, or, should this process die, with the next call.
    Raises: ScratchLost at the end, where memory did not last.
    """
    home = None
    if memory is not None:
        home = await asyncio.to_thread(_home, memory, copy_bytes=copy_bytes, copies=copies)
    if home is None:
        yield Scratch(folder=disk, in_memory=False, runner=runner)
        return
    await leases.sweep(home)
    async with leases.lease(home) as folder:
        watched = await asyncio.to_thread(_Watched, runner, folder)
        yield Scratch(folder=folder, in_memory=True, runner=watched)
        await asyncio.to_thread(watched.check)


async def sweep(memory: Path = MEMORY) -> None:
    """Remove what processes that are gone have left in memory."""
    home = await asyncio.to_thread(_own, memory)
    if home is not None:
        await leases.sweep(home)


def footprint(folder: Path, files: Iterable[str]) -> int:
    """Bytes of memory that a copy of these files takes. Blocks."""
    total = 0
    for path in files:
        size = (folder / path).lstat().st_size
        total += -(-size // _PAGE_BYTES) * _PAGE_BYTES + 2 * _INODE_BYTES
    return total


def _home(memory: Path, *, copy_bytes: int, copies: int) -> Path | None:
    """Our folder there, if so much may be put into it."""
    if copy_bytes > MOST_BYTES:
        return None
    try:
        if not is_in_memory(memory) or os.statvfs(memory).f_flag & (os.ST_NOEXEC | os.ST_RDONLY):
            return None
        if _room(memory) < _TIMES * copies * copy_bytes + _SPARE_BYTES:
            return None
        home = memory / f"gatewright-{os.geteuid()}"
        if _is_safe(memory):
            home.mkdir(mode=0o700, exist_ok=True)
        return _own(memory)
    except OSError:
        return None


def _own(memory: Path) -> Path | None:
    """Our folder there, if there is one and it is ours alone: anybody may make one first."""
    home = memory / f"gatewright-{os.geteuid()}"
    try:
        found = home.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return home if private and found.st_uid == os.geteuid() and _is_safe(memory) else None


def _is_safe(memory: Path) -> bool:
    """Whether nobody but us and root can put something else in our folder's place."""
    found = memory.stat()
    shared = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
    return not shared and found.st_uid in (0, os.geteuid())


def _room(memory: Path) -> int:
    system = os.statvfs(memory)
    return min(system.f_bavail * system.f_frsize, available_bytes())


def _used(folder: Path) -> int:
    """Of the whole file system: to count a folder that code fills takes too long."""
    system = os.statvfs(folder)
    blocks = (system.f_blocks - system.f_bfree) * system.f_frsize
    return blocks + (system.f_files - system.f_ffree) * _INODE_BYTES


class _Watched:
    """A `Runner` for commands whose files are in memory."""

    def __init__(self, runner: Runner, folder: Path) -> None:
        """Blocks."""
        self._runner = runner
        self._folder = folder
        self._made = folder.stat()
        # At half of the room there is time enough to notice what fills it.
        self._most = _used(folder) + min(_room(folder) // 2, _MOST_WRITTEN_BYTES)

    @property
    def kind(self) -> SandboxKind:
        """As the runner's."""
        return self._runner.kind

    @property
    def label(self) -> str:
        """As the runner's."""
        return self._runner.label

    async def run(self, command: Command) -> Completed:
        """Run to the end, as long as there is room.

        Raises: ScratchLost, when nothing of the command is alive; SandboxUnavailable.
        """
        running = asyncio.ensure_future(self._runner.run(command))
        running.add_done_callback(_look_at)
        until = time.monotonic() + _TICK_S
        try:
            while True:
                await asyncio.wait({running}, timeout=max(0.0, until - time.monotonic()))
                if running.done():
                    break
                await asyncio.to_thread(self.check)
                until = time.monotonic() + _TICK_S
        finally:
            if not running.done():
                running.cancel()
                await settle(running)
        # Its error may be of a folder that is gone.
        await asyncio.to_thread(self.check)
        return running.result()

    def check(self) -> None:
        """Whether all that was put into the folder can be there still. Blocks.

        Raises: ScratchLost.
        """
        try:
            kept = os.path.samestat(self._folder.stat(), self._made)
            used = _used(self._folder)
        except OSError as error:
            raise ScratchLost(f"{str(self._folder)!r} was taken away") from error
        if not kept:
            raise ScratchLost(f"{str(self._folder)!r} was replaced")
        if used > self._most:
            raise ScratchLost(f"the memory of {str(self._folder)!r} was filled")


def _look_at(task: asyncio.Future[Completed]) -> None:
    """So that asyncio does not report an error as lost that came with a lost folder."""
    if not task.cancelled():
        task.exception()
