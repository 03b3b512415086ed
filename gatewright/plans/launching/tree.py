"""Processes and what they have started, told by `/proc`. Standard library only: helpers import it.

The kernel's own list of children (`/proc/PID/task/TID/children`) is an option that many kernels
are built without, so the parents of all processes are read.
"""

import contextlib
import os
import signal
from collections.abc import Iterable

_ROUNDS = 100
"""A process may fork between being seen and being stopped; each round sees fewer."""


def descendants(of: int, *, but: Iterable[int] = ()) -> list[int]:
    """All that are alive below a process, parents first; without `but` and what is below those."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents().items():
        children.setdefault(parent, []).append(pid)
    left_out = frozenset(but)
    found = [pid for pid in children.get(of, ()) if pid not in left_out]
    for pid in found:  # it grows while it is gone through
        found += (child for child in children.get(pid, ()) if child not in left_out)
    return found


def stop_then_kill(of: int, *, but: Iterable[int] = ()) -> int:
    """Kill all that is below a process, and how many they were; stopped first, lest they fork.

    Whoever has lost its parent on the way is found by the next call.
    """
    left_out = frozenset(but)
    stopped: dict[int, None] = {}
    for _ in range(_ROUNDS):
        new = [pid for pid in descendants(of, but=left_out) if pid not in stopped]
        if not new:
            break
        send(new, signal.SIGSTOP)
        stopped.update(dict.fromkeys(new))
    send(stopped, signal.SIGKILL)
    return len(stopped)


def send(pids: Iterable[int], number: int) -> None:
    """A signal to each that is still there and may be signalled: sudo's children may not."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _parents() -> dict[int, int]:
    """The parent of every process; a zombie may have threads that go on."""
    found = {}
    # No pathlib: this is done for each process of the machine.
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdecimal():
            continue
        stat = _read(f"/proc/{name}/stat")
        # The name, in parentheses, may hold anything; the state and the parent follow it.
        fields = stat.rpartition(b")")[2].split(maxsplit=2)
        if len(fields) == 3:
            found[int(name)] = int(fields[1])
    return found


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 4096)
    except OSError:  # it ended after it was opened
        return b""
    finally:
        os.close(descriptor)
