"""Files that an untrusted command wrote, read as what they are: anything at all.

The command may have put a link, a pipe or a directory in their place, or in the place of a folder
above them. So every step of a path is opened by itself and no link is followed. Blocks, but for
`run_whole`.
"""

import asyncio
import contextlib
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gatewright.domain.command import Completed
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.unreadable import Unreadable
from gatewright.workspace.temporary import temporary_folder

MOST_BYTES = 64 * 2**20

_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Whole(NamedTuple):
    """A command's end, with everything that it printed."""

    completed: Completed
    stdout: str | None
    """None where it is more than 64 MiB."""


async def run_whole(
    bench: Bench, argv: tuple[str, ...], *, cwd: Path, env: Mapping[str, str] | None = None
) -> Whole:
    """Run a command with its stdout in a file: of a long one `Completed` keeps the end only.

    Raises: SandboxUnavailable.
    """
    async with scratch() as folder:
        completed = await bench.run(
            ("/bin/sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", f"{folder}/out", *argv),
            cwd=cwd,
            env=env,
            writable=(folder,),
        )
        try:
            data = await asyncio.to_thread(read_written, folder, "out")
        except Unreadable:
            return Whole(completed, None)
    return Whole(completed, data.decode("utf-8", "replace"))


@contextlib.asynccontextmanager
async def scratch() -> AsyncIterator[Path]:
    """A directory for what a command writes, gone at the end with whatever was put there."""
    async with temporary_folder(prefix="gatewright-") as folder:
        yield await asyncio.to_thread(folder.resolve)


def read_written(root: Path, path: str, *, most: int = MOST_BYTES) -> bytes:
    """The content of a regular file below `root`.

    Raises: Unreadable.
    """
    try:
        with _above(root, path) as (folder, name):
            descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        raise Unreadable(_why(error)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("it is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise Unreadable(f"it is larger than {most / 2**20:g} MiB")
    return data


def remove_written(root: Path, path: str) -> None:
    """Remove what stands at a path below `root`, if anything does; nothing that it links to.

    Raises: Unreadable where a link stands on the way, or it cannot be removed.
    """
    try:
        with _above(root, path) as (folder, name):
            try:
                os.unlink(name, dir_fd=folder)
            except IsADirectoryError:
                shutil.rmtree(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unreadable(_why(error)) from None


@contextlib.contextmanager
def _above(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """A descriptor of the directory that holds a path's last part, and that part.

    Raises: Unreadable; OSError where a part is missing, or is no directory.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.name:
        raise Unreadable("its path leads out of the repository")
    with contextlib.ExitStack() as stack:
        folder = os.open(root, _FOLDER)
        stack.callback(os.close, folder)
        for part in pure.parts[:-1]:
            folder = os.open(part, _FOLDER, dir_fd=folder)
            stack.callback(os.close, folder)
        yield folder, pure.name


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it was not written"
    return f"it cannot be read ({error.strerror})"
