"""Try a sandbox before it is trusted: commit what untrusted code might, and see it fail.

A setting that is in place proves nothing (bubblewrap's root is writable unless remounted, root
ignores RLIMIT_NPROC), so each promise has a canary. Three commands run side by side.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gatewright.domain.command import Command, Completed, Limits, SandboxKind
from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox import canaries
from gatewright.workspace.sandbox.sweep import TOKEN, remove

_MEMORY_BYTES = 256 * 2**20
_PROCESSES = 32
_FLOOD_BYTES = 2**20
_TIMEOUT_S = 20.0
_SHORT_S = 0.2
_SLACK_S = 5.0
_SECRET_MODE = 0o600
_KERNEL_SETTING = "/proc/sys/kernel/core_pattern"

_ALWAYS = frozenset({"environment", "descriptors", "daemon", "output_flood", "timeout", "memory"})
_WEAK = {
    "landlock": frozenset({"unix_socket", "git_metadata", "foreign_modes", "nested_namespaces"}),
    "bubblewrap": frozenset({"nested_namespaces"}),
}
"""What a kind is known not to promise, on some machines or on all."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One misdeed, and whether the sandbox stood up to it."""

    name: str
    required: bool
    """For this kind of sandbox; one that is not required and does not hold is a weakness."""
    held: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What a sandbox was seen to hold on this machine."""

    kind: SandboxKind
    label: str
    canaries: tuple[Canary, ...]
    duration_s: float

    @property
    def held(self) -> bool:
        """Whether every promise of this kind was kept."""
        return not self.broken

    @property
    def broken(self) -> tuple[Canary, ...]:
        """Promises that were not kept: the sandbox must not be used."""
        return tuple(canary for canary in self.canaries if canary.required and not canary.held)

    @property
    def weak(self) -> tuple[Canary, ...]:
        """What this kind does not promise, and does not hold."""
        return tuple(canary for canary in self.canaries if not canary.required and not canary.held)


async def probe(runner: Runner, *, scratch: Path) -> ProbeReport:
    """Run the canaries in folders made under `scratch` and removed again; takes about a second.

    Raises: SandboxUnavailable when the sandbox cannot be set up at all.
    """
    started = time.monotonic()
    async with _bait(scratch) as bait:
        limits = Limits(memory_bytes=_MEMORY_BYTES, processes=_PROCESSES)
        misdeeds, flood, endless = await asyncio.gather(
            runner.run(_misdeeds(bait, limits)),
            runner.run(_plain(bait, "cat", "/dev/zero", limits=Limits(output_bytes=_FLOOD_BYTES))),
            runner.run(_plain(bait, "sleep", "600", timeout_s=_SHORT_S)),
        )
        found = _reported(misdeeds)
        found |= await asyncio.to_thread(_seen_from_outside, bait)
    found["output_flood"] = (flood.output_exceeded, f"stopped after {flood.duration_s:.2f} s")
    found["timeout"] = (
        endless.timed_out and endless.duration_s < _SHORT_S + _SLACK_S,
        f"stopped after {endless.duration_s:.2f} s of {_SHORT_S} s",
    )
    return ProbeReport(
        kind=runner.kind,
        label=runner.label,
        canaries=tuple(
            Canary(name=name, required=_required(runner.kind, name), held=held, detail=detail)
            for name, (held, detail) in sorted(found.items())
        ),
        duration_s=time.monotonic() - started,
    )


Found = dict[str, tuple[bool, str]]


@dataclass(kw_only=True)
class _Bait:
    """What is laid out for the misdeeds, outside the working directory but for the lock."""

    folder: Path
    mark: str
    listeners: Mapping[str, str | tuple[str, int]]
    reached: set[str] = field(default_factory=set)
    """Names of the listeners that somebody connected to."""

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def secret(self) -> Path:
        return self.folder / "secret"

    @property
    def lock(self) -> Path:
        return self.work / "lock"

    @property
    def traps(self) -> Mapping[str, Path]:
        """Files that must not exist afterwards."""
        return {
            "write_etc": Path("/etc", self.mark),
            "write_usr": Path("/usr", self.mark),
            "write_home": Path(os.path.expanduser("~"), self.mark),  # noqa: PTH111 - never raises
            "write_parent": self.folder / self.mark,
            "git_metadata": self.work / ".git" / self.mark,
        }


@contextlib.asynccontextmanager
async def _bait(scratch: Path) -> AsyncIterator[_Bait]:
    mark = f"gatewright-canary-{secrets.token_hex(8)}"
    folder = await asyncio.to_thread(_lay_out, scratch)
    reached: set[str] = set()

    def listener(name: str):  # type: ignore[no-untyped-def]
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
        async with tcp, unix, abstract:
            port = tcp.sockets[0].getsockname()[1]
            yield _Bait(
                folder=folder,
                mark=mark,
                reached=reached,
                listeners={
                    "loopback": ("127.0.0.1", port),
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


def _misdeeds(bait: _Bait, limits: Limits) -> Command:
    # The interpreter itself, not the link in a virtual environment, needs its prefix only.
    python = os.path.realpath(sys.executable)
    script = Path(canaries.__file__).resolve()
    orders = {
        "expected_variables": [TOKEN],
        "secret": str(bait.secret),
        "kernel_settings": _KERNEL_SETTING,
        "host_pid": os.getpid(),
        "write": [str(path) for path in bait.traps.values()],
        "connect": list(bait.listeners.values()),
        "lock": str(bait.lock),
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
    }
    return Command(
        argv=(python, "-I", "-S", str(script)),
        cwd=bait.work,
        timeout_s=_TIMEOUT_S,
        readable=(Path(sys.base_prefix), script),
        stdin=json.dumps(orders).encode(),
        limits=limits,
    )


def _plain(
    bait: _Bait, *argv: str, timeout_s: float = _TIMEOUT_S, limits: Limits | None = None
) -> Command:
    return Command(argv=argv, cwd=bait.work, timeout_s=timeout_s, limits=limits or Limits())


def _reported(misdeeds: Completed) -> Found:
    try:
        results = json.loads(misdeeds.stdout)
    except ValueError:
        said = (misdeeds.stderr or misdeeds.stdout).strip()[-300:]
        return {"canaries": (False, f"they did not run: code {misdeeds.returncode}, {said!r}")}
    return {name: (bool(held), str(detail)) for name, (held, detail) in results.items()}


def _seen_from_outside(bait: _Bait) -> Found:
    found: Found = {}
    for name, path in bait.traps.items():
        written = path.exists()
        found[name] = (not written, f"{path} was written" if written else "not written")
        path.unlink(missing_ok=True)
    for name in bait.listeners:
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


def _required(kind: SandboxKind, name: str) -> bool:
    if kind == "none":
        return name in _ALWAYS
    return name not in _WEAK[kind]
