"""What a process has started, and what that has."""

import asyncio
import contextlib

import psutil

_LOOK_S = 0.02
_LIMIT_S = 60.0


async def started(pid: int, words: str) -> None:
    """Wait until a descendant's command line has these words: nobody else says that it is there."""
    async with asyncio.timeout(_LIMIT_S):
        while not any(words in line for line in await asyncio.to_thread(_lines, pid)):
            await asyncio.sleep(_LOOK_S)


def _lines(pid: int) -> list[str]:
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            argv = process.cmdline()
            # The sandbox's own command line has the words as well, before there is the command.
            if argv and not argv[0].endswith("bwrap"):
                found.append(" ".join(argv))
    return found
