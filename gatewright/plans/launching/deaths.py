"""A descriptor that says when a child has died. Standard library only: helpers import it.

A handler would interrupt the wait for it, be called, write to a pipe, and have the wait begin
anew: five calls of the kernel for each step.
"""

import ctypes
import os
import signal

_SIGSET_BYTES = 128
"""Of `sigset_t`, by glibc and by musl."""
_SIGINFO_BYTES = 128
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
"""Those of a signalfd have the same values."""


def deaths() -> int:
    """Readable from the death of a child until it is read (see `taken`).

    SIGCHLD is blocked from now on: a program that is started needs a mask of its own.
    Raises: OSError.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    word = ctypes.c_ulong
    mask = (word * (_SIGSET_BYTES // ctypes.sizeof(word)))()
    mask[0] = 1 << (signal.SIGCHLD - 1)
    descriptor: int = ctypes.CDLL(None, use_errno=True).signalfd(-1, mask, _FLAGS)
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return descriptor


def taken(descriptor: int) -> None:
    """Not readable any more, until the next death; one that comes now is not missed."""
    os.read(descriptor, _SIGINFO_BYTES)
