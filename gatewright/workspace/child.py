"""One short process of our own, with its output in memory, collected by us.

Its end is awaited by a pidfd, and not by asyncio's child watcher, so that what it used can be
told (`gatewright.domain.usage`). Without pipes nobody has to read on for it to end.
"""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from gatewright.domain.usage import ChildUsage, tell

_GONE_TRIES = 100
_GONE_PAUSE_S = 0.005


class Child:
    """A process that leads a group of its own. Everything here but `ended` blocks shortly."""

    stdout = b""
    """All that it printed, once it is collected."""
    stderr = b""
    returncode = 0
    """Once it is collected. Negative: ended by that signal."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: bytes | IO[bytes] = b"",
        stdout: IO[bytes] | None = None,
    ) -> None:
        """Start it. An open file is handed on as it is; without one, output is kept in memory."""
        with contextlib.ExitStack() as undo:
            self._out = undo.enter_context(_memory())
            self._err = undo.enter_context(_memory())
            with (
                _memory(stdin)
                if isinstance(stdin, bytes)
                else contextlib.nullcontext(stdin) as given
            ):
                self._process = subprocess.Popen(
                    argv,
                    stdin=given,
                    stdout=stdout or self._out,
                    stderr=self._err,
                    cwd=cwd,
                    env=env,
                    start_new_session=True,
                )
            undo.callback(self._drop)
            self._pidfd = os.pidfd_open(self._process.pid)
            undo.pop_all()

    def _drop(self) -> None:
        """What cannot be watched must not run on."""
        self.signal(signal.SIGKILL)
        self._process.wait()

    async def ended(self) -> None:
        """Wait for its end; it is still to be collected."""
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        loop.add_reader(self._pidfd, end.set)
        try:
            await end.wait()
        finally:
            loop.remove_reader(self._pidfd)

    def signal(self, number: signal.Signals) -> None:
        """To its whole group, which is there until it is collected."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def collect(self) -> None:
        """Wait for its end, tell what it used, and read what it printed. Once only."""
        _, status, usage = os.wait4(self._process.pid, 0)
        self.returncode = self._process.returncode = os.waitstatus_to_exitcode(status)
        tell(ChildUsage(usage.ru_utime + usage.ru_stime, _max_rss_bytes(usage)))
        self.stdout, self.stderr = _all(self._out), _all(self._err)
        os.close(self._pidfd)

    def destroy(self) -> None:
        """Kill its whole group, collect it, and see that the rest of the group is gone as well."""
        self.signal(signal.SIGKILL)
        self.collect()
        for _ in range(_GONE_TRIES):
            try:
                os.killpg(self._process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(_GONE_PAUSE_S)


def _memory(content: bytes = b"") -> IO[bytes]:
    file = os.fdopen(os.memfd_create("child"), "w+b")
    file.write(content)
    file.seek(0)
    return file


def _all(file: IO[bytes]) -> bytes:
    with file:
        file.seek(0)
        return file.read()


def _max_rss_bytes(usage: resource.struct_rusage) -> int | None:
    """None where it is not above our own: a process begins as a part of us."""
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss * 1024 if usage.ru_maxrss > ours else None
