"""Steps for the launcher's tests, bells that they ring, and what of them is alive."""

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from gatewright.domain.plan_ports import Spawn

_LIMIT_S = 30.0

KINDS = {
    "child": "sleep {mark} &",
    "session": "setsid sleep {mark} &",
    "double fork": "(setsid sleep {mark} &) &",
    "deaf to SIGTERM": "(trap '' TERM; exec sleep {mark}) &",
    "daemon without a token": "(env -i setsid sleep {mark} >/dev/null 2>&1 &)",
    "stopped": "sleep {mark} & kill -STOP $!",
}
"""What a step may leave behind; shell code."""


@dataclass
class Scene:
    """A folder, and steps in it that sleep for a time which nobody else sleeps for."""

    folder: Path
    mark: str = field(default_factory=lambda: f"86400.{secrets.randbelow(10**12):012}")
    _made: int = 0

    def spawn(self, *argv: str, **but: Any) -> Spawn:
        self._made += 1
        name = f"step{self._made}"
        given: dict[str, Any] = {
            "argv": argv,
            "env": {},
            "cwd": str(self.folder),
            "stdout": self.folder / f"{name}.stdout",
            "stderr": self.folder / f"{name}.stderr",
            "token": f"{self.mark}-{name}",
            "timeout_s": _LIMIT_S,
            "grace_s": _LIMIT_S,
        }
        return Spawn(**given | but)

    def shell(self, code: str, **but: Any) -> Spawn:
        return self.spawn("sh", "-c", code.format(mark=self.mark), **but)

    def bell(self, name: str = "bell") -> "Bell":
        return Bell(self.folder / name)

    def alive(self) -> list[int]:
        """Processes that sleep for our time."""
        return [p.pid for p in psutil.process_iter(["cmdline"]) if self.mark in _words(p)]


class Bell:
    """A pipe with a name: `echo > bell` in a step wakes the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        # Open for both, so that neither side waits for the other one to open it.
        self._end = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    async def rung(self, times: int = 1) -> None:
        heard, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self._end, heard.set)
        try:
            async with asyncio.timeout(_LIMIT_S):
                while times > 0:
                    await heard.wait()
                    heard.clear()
                    with contextlib.suppress(BlockingIOError):  # heard twice of one ringing
                        times -= os.read(self._end, times).count(b"\n")
        finally:
            loop.remove_reader(self._end)

    def ring(self) -> None:
        os.write(self._end, b"\n")

    def close(self) -> None:
        os.close(self._end)


async def gone(pids: list[int]) -> None:
    """Until none of these processes, of whomever they are, is alive."""
    async with asyncio.timeout(_LIMIT_S):
        for pid in pids:
            await _one_gone(pid)


async def _one_gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _words(process: psutil.Process) -> list[str]:
    # A shell has the mark inside its code; the sleeper has it as a word.
    return process.info["cmdline"] or []
