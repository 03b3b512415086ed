"""What is laid out for the canaries to be caught at, and what the traps say afterwards."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gatewright.domain.command import SandboxKind
from gatewright.workspace.sandbox.sweep import remove

Found = dict[str, tuple[bool, str]]
"""By canary: whether the sandbox held, and what was seen."""

_SECRET_MODE = 0o600


@dataclass(kw_only=True)
class Bait:
    """What is laid out for the misdeeds, outside the working directory but for the lock."""

    folder: Path
    mark: str
    kind: SandboxKind
    listeners: Mapping[str, str | tuple[str, int]]
    udp: tuple[str, int]
    reached: set[str] = field(default_factory=set)
    """Names of the listeners that somebody connected to."""

    @property
    def work(self) -> Path:
        """The working directory of the misdeeds."""
        return self.folder / "work"

    @property
    def secret(self) -> Path:
        """A file that only we may read or change."""
        return self.folder / "secret"

    @property
    def lock(self) -> Path:
        """In the working directory; held by the daemon for as long as it lives."""
        return self.work / "lock"

    @property
    def traps(self) -> Mapping[str, Path]:
        """Files that must not exist afterwards."""
        near = {
            "write_parent": self.folder / self.mark,
            "git_metadata": self.work / ".git" / self.mark,
        }
        if self.kind == "none":  # Nothing would hold it back from the machine's own folders.
            return near
        return near | {
            "write_etc": Path("/etc", self.mark),
            "write_usr": Path("/usr", self.mark),
            "write_home": Path(os.path.expanduser("~"), self.mark),  # noqa: PTH111 - never raises
        }


@contextlib.asynccontextmanager
async def lay_bait(scratch: Path, *, kind: SandboxKind) -> AsyncIterator[Bait]:
    """Folders, a secret and listeners, all gone at the end."""
    mark = f"gatewright-canary-{secrets.token_hex(8)}"
    folder = await asyncio.to_thread(_lay_out, scratch)
    reached: set[str] = set()

    def listener(name: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.add(name)
            writer.close()

        return connected

    # A path of a unix socket holds about 100 bytes; a scratch folder may be deeper than that.
    short = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="gw-"))
    try:
        tcp = await asyncio.start_server(listener("loopback"), "127.0.0.1", 0)
        unix = await asyncio.start_unix_server(listener("unix_socket"), short / "s")
        abstract = await asyncio.start_unix_server(listener("abstract_socket"), f"\0{mark}")
        udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Ear(reached), local_addr=("127.0.0.1", 0)
        )
        async with tcp, unix, abstract:
            with contextlib.closing(udp):
                yield Bait(
                    folder=folder,
                    mark=mark,
                    kind=kind,
                    reached=reached,
                    udp=udp.get_extra_info("sockname"),
                    listeners={
                        "loopback": tcp.sockets[0].getsockname(),
                        "unix_socket": str(short / "s"),
                        "abstract_socket": f"@{mark}",
                    },
                )
    finally:
        await asyncio.to_thread(remove, folder)
        await asyncio.to_thread(shutil.rmtree, short, ignore_errors=True)


def _lay_out(scratch: Path) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="probe-", dir=scratch)).resolve()
    (folder / "work" / ".git").mkdir(parents=True)
    (folder / "secret").write_text("planted")
    (folder / "secret").chmod(_SECRET_MODE)
    return folder


def seen_from_outside(bait: Bait) -> Found:
    """What the misdeeds came to, once their command has ended; removes what they wrote. Blocks."""
    found: Found = {}
    for name, path in bait.traps.items():
        written = path.exists()
        found[name] = (not written, f"{path} was written" if written else "not written")
        path.unlink(missing_ok=True)
    for name in (*bait.listeners, "udp"):
        reached = name in bait.reached
        found[name] = (not reached, "was reached" if reached else "not reached")
    mode = stat.S_IMODE(bait.secret.stat().st_mode)
    found["foreign_modes"] = (mode == _SECRET_MODE, f"{mode:o} after chmod")
    found["daemon"] = _daemon_is_gone(bait.lock)
    return found


def _daemon_is_gone(lock: Path) -> tuple[bool, str]:
    try:
        with lock.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False, "alive: it still holds its lock"
    except FileNotFoundError:
        return False, "never started: nothing was proved"
    return True, "dead when the command returned"


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, reached: set[str]) -> None:
        self._reached = reached

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._reached.add("udp")
