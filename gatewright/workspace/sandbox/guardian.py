"""Whoever outlives us by a moment, and ends the sandboxes that we were starting when killed.

bubblewrap binds its life to ours only after it has begun: killed in these milliseconds, we would
leave one that waits for ever, or runs its command. So a small process waits for our end by a pipe.
A last word there means that nothing is left; at the pipe's end without one it kills whatever
carries our token. Standard library only: it imports this module when it is needed.
"""

import atexit
import contextlib
import os
import secrets
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import gatewright
from gatewright.workspace.sandbox.launch import PATH
from gatewright.workspace.sandbox.sweep import TOKEN, sweep

_LAST_WORD = b"bye\n"
_WAIT = f'read -r word; [ "$word" = {_LAST_WORD.decode().strip()} ] || exec "$@"'
"""A shell waits in less memory than an interpreter."""

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from gatewright.workspace.sandbox.guardian import main; main(sys.argv[2])"
)
_LOOKS = 20
_LOOK_S = 0.025
"""What we spawned last may only now become something that carries the token."""


def guarded() -> dict[str, str]:
    """The variable by which what shall not outlive this process is known. Blocks shortly.

    The guardian is made by the first call; where it cannot be, the next start clears up some of
    what it would (`unfinished`).
    """
    return {TOKEN: _token_of(os.getpid())}


def main(token: str) -> NoReturn:
    """Kill what carries the token, for as long as something new may."""
    for _ in range(_LOOKS):
        sweep(token)
        time.sleep(_LOOK_S)
    sys.exit(0)


@lru_cache(maxsize=1)
def _token_of(_pid: int) -> str:
    # Keyed by the process: a forked child has the parent's answer, but not its guardian.
    token = secrets.token_hex(16)
    with contextlib.suppress(OSError):
        _start(token)
    return token


def _start(token: str) -> None:
    reader, writer = os.pipe()
    packages = str(Path(gatewright.__file__).parents[1])
    wake = (sys.executable, "-I", "-S", "-c", _START, packages, token)
    try:
        os.posix_spawn(
            "/bin/sh",
            ["/bin/sh", "-c", _WAIT, "gatewright-guardian", *wake],
            {"PATH": PATH},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reader, 0),
                (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
            ],
            setsid=True,  # a Ctrl-C at the terminal is not for it
        )
    except OSError:
        os.close(writer)
        raise
    finally:
        os.close(reader)
    atexit.register(_dismiss, os.getpid(), writer)


def _dismiss(owner: int, writer: int) -> None:
    """It is not waited for: somebody may have stopped it."""
    if os.getpid() != owner:
        return
    with contextlib.suppress(OSError):
        os.write(writer, _LAST_WORD)
        os.close(writer)
