"""What the tests of the sandboxes have in common: commands to run, and proofs of life and death."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gatewright.domain.command import Command, Completed, Limits
from gatewright.domain.ports import Runner

GENEROUS_S = 30.0
"""For what ends by itself, on a loaded machine."""

PYTHON = os.path.realpath(sys.executable)


def shell(
    work: Path,
    script: str,
    *,
    timeout_s: float = GENEROUS_S,
    env: Mapping[str, str] | None = None,
    readable: tuple[Path, ...] = (),
    stdin: bytes = b"",
    limits: Limits | None = None,
) -> Command:
    """A command of the shell, in `work`."""
    return Command(
        argv=("/bin/sh", "-c", script),
        cwd=work,
        timeout_s=timeout_s,
        env=env or {},
        readable=readable,
        stdin=stdin,
        limits=limits or Limits(),
    )


def python(work: Path, program: str, *, limits: Limits | None = None) -> Command:
    """A Python program, in `work`."""
    return Command(
        argv=(PYTHON, "-I", "-S", "-c", program),
        cwd=work,
        timeout_s=GENEROUS_S,
        readable=(Path(sys.base_prefix),),
        limits=limits or Limits(),
    )


async def run_into_timeout(runner: Runner, command: Command) -> Completed:
    """Run a command that prints before it hangs, until its time was enough for that."""
    for timeout_s in (0.3, 2, 10):
        completed = await runner.run(replace(command, timeout_s=timeout_s))
        if completed.stdout:
            return completed
    raise AssertionError(f"nothing was printed in 10 s: {completed!r}")


class Pulse:
    """A pipe with a name in `work`: processes that hold it open for writing are alive.

    Nothing need be waited for by the clock: a line says that a process is there, the end of the
    file that none is.
    """

    def __init__(self, work: Path, name: str = "pulse") -> None:
        self.path = work / name
        os.mkfifo(self.path)
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    async def line(self) -> bytes:
        """The next that somebody wrote."""
        while True:
            try:
                if text := os.read(self._descriptor, 4096):
                    return text
            except BlockingIOError:
                pass
            await self._event()

    async def death(self) -> None:
        """Return when the last writer has ended."""
        while self.beats():
            await self._event()

    def beats(self) -> bool:
        """Whether a writer is alive now."""
        try:
            while os.read(self._descriptor, 4096):
                pass
        except BlockingIOError:
            return True
        return False

    async def _event(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await asyncio.wait_for(ready.wait(), GENEROUS_S)
        finally:
            loop.remove_reader(self._descriptor)

    def close(self) -> None:
        """Release the reading end."""
        os.close(self._descriptor)


FAMILY = """
exec 3>pulse
(setsid sh -c 'trap "" TERM HUP INT; sleep 600 & while :; do sleep 600; done' &)
echo started
echo started >&3
sleep 600
"""
"""A process with a daemon that has left its session and ignores what can be ignored."""
