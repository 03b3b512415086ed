"""End sandboxes that were never finished, because their builder was killed while at it.

Where we are killed in the millisecond in which bubblewrap sets up a user namespace, its outer
process dies with us, and its inner one, not yet told to, waits for it for ever (bubblewrap 0.8).
It has not started anything of the command's.
"""

import contextlib
import os
import signal
from pathlib import Path

_PROC = Path("/proc")


def end_unfinished(hostname: str) -> int:
    """Kill what other processes of ours left so; returns how many there were. Blocks on /proc."""
    mark = f"\0--hostname\0{hostname}\0".encode()
    count = 0
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and _is_unfinished(entry, mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)
                count += 1
    return count


def _is_unfinished(entry: Path, mark: bytes) -> bool:
    """Whether it is the first of a pid namespace, still bubblewrap, and bubblewrap's no more."""
    try:
        # What is finished has become the command's shell; what is being built has a parent.
        if entry.joinpath("comm").read_bytes() != b"bwrap\n":
            return False
        status = dict(
            line.split(b":\t", 1) for line in entry.joinpath("status").read_bytes().splitlines()
        )
        if status[b"NSpid"].split()[1:][-1:] != [b"1"]:
            return False
        if mark not in entry.joinpath("cmdline").read_bytes():
            return False
        parent = _PROC / status[b"PPid"].decode()
        return not parent.exists() or parent.joinpath("comm").read_bytes() != b"bwrap\n"
    except (OSError, KeyError, ValueError):  # it has ended meanwhile, or is not ours to look at
        return False
