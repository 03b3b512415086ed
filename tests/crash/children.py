"""A process that serves orders in children of its own, and finds what these leave alive."""

import ctypes
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

Order = dict[str, Any]

GONE_S = 10.0
"""In which a dead process's descendants must be gone; generous, for loaded machines."""
_SET_CHILD_SUBREAPER = 36


def serve(handle: Callable[[Order], None]) -> None:
    """Handle orders, JSON lines on stdin, until it ends; the first line on stdout says that this
    has begun."""
    # Whoever loses its parent becomes our child: no orphan can hide.
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    say(ready=True)
    for line in sys.stdin:
        handle(json.loads(line))


def say(**fields: Any) -> None:
    """A JSON line on stdout."""
    print(json.dumps(fields), flush=True)


def orphans() -> list[str]:
    """The command lines of who is still our child after a while, and is killed then."""
    until = time.monotonic() + GONE_S
    while _has_living() and time.monotonic() < until:
        a_death(_children(), within_s=until - time.monotonic())
    left = list(_children())
    lines = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:200] for pid in left]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return lines


def a_death(pids: Iterable[int], *, within_s: float) -> None:
    """Wait until one of these processes, of whomever they are, is dead, or the time is over."""
    poll = select.poll()
    with ExitStack() as stack:
        for pid in pids:
            with suppress(ProcessLookupError):
                end = os.pidfd_open(pid)
                stack.callback(os.close, end)
                poll.register(end, select.POLLIN)
        poll.poll(max(0.0, within_s) * 1000)


def _has_living() -> bool:
    """Whether any child is alive; the dead are taken away."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _children() -> Iterator[int]:
    for thread in Path("/proc/self/task").iterdir():
        yield from map(int, (thread / "children").read_text().split())
