"""A forked child: its limits, what it wrote, and its end."""

import json
import math
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Any

DATA_BYTES = 2 * 2**30
FILE_BYTES = 64 * 2**20
TAIL_BYTES = 3000
POLL_S = 0.005

Work = Callable[[IO[bytes], str], None]
"""What a child does, given where it writes its records and a folder for its temporary files."""


class Child:
    """One forked process; it leads a process group, and the whole group ends with it."""

    def __init__(self, scratch: str, name: str, wall_s: float, work: Work) -> None:
        # Open files without a name: a child that is killed leaves nothing to be cleaned up.
        self._records = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115
        self._printed = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115
        self._folder = str(Path(scratch, name))
        self._started = time.monotonic()
        self._deadline = self._started + wall_s
        self.seconds = 0.0
        self.status: int | None = None
        self.timed_out = False
        self.pid = os.fork()
        if self.pid == 0:
            self._run(work)
        signal_group(os.setpgid, self.pid, self.pid)

    def _run(self, work: Work) -> None:
        try:
            signal_group(os.setpgid, 0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(self._printed.fileno(), 1)
            os.dup2(self._printed.fileno(), 2)
            work(self._records, self._folder)
        finally:
            os._exit(3)

    def ended(self) -> bool:
        """Whether it has ended; one that is past its time is killed first."""
        if self.status is not None:
            return True
        self.timed_out = time.monotonic() > self._deadline
        if self.timed_out:
            signal_group(os.killpg, self.pid, signal.SIGKILL)
        pid, status = os.waitpid(self.pid, 0 if self.timed_out else os.WNOHANG)
        if pid == 0:
            return False
        self.status = status
        self.seconds = time.monotonic() - self._started
        signal_group(os.killpg, self.pid, signal.SIGKILL)  # whatever it left running
        shutil.rmtree(self._folder, ignore_errors=True)
        return True

    def records(self) -> Iterator[dict[str, Any]]:
        """What it wrote, up to where it was killed."""
        self._records.seek(0)
        for line in self._records:
            try:
                yield json.loads(line)
            except ValueError:
                return

    def complete(self) -> bool:
        """Whether it ran to its proper end."""
        return self.status == 0 and any("end" in record for record in self.records())

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        self._deadline = -math.inf
        self.ended()

    def tail(self) -> str:
        """The end of what it printed."""
        self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, self._printed.tell() - TAIL_BYTES))
        return self._printed.read().decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Free what it wrote."""
        self._records.close()
        self._printed.close()


def wait(children: Collection[Child]) -> None:
    """Wait until all have ended; those that are past their time are ended."""
    while [child for child in children if not child.ended()]:  # ask each: asking enforces its time
        time.sleep(POLL_S)


def signal_group(call: Callable[[int, int], None], first: int, second: int) -> None:
    """Do something with a process group, that may be gone."""
    try:
        call(first, second)
    except (ProcessLookupError, PermissionError):
        return  # it is gone already


def limit(what: int, value: int) -> None:
    """Set a limit of the system's, unless a lower one holds."""
    hard = resource.getrlimit(what)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (bound, bound))
