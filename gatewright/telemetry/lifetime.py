"""What becomes of a process's sidecars when it forks and when it ends."""

import atexit
import os
import weakref
from typing import Protocol

from gatewright.telemetry.writer import Writer, close_all, forget_all

_EXIT_S = 0.2
"""For a sampler that is in the middle of a look."""


class Mortal(Protocol):
    """A sidecar."""

    def forget(self) -> None:
        """In a forked child: begin anew."""
        ...

    def stop_looking(self, timeout_s: float = 1.0) -> None:
        """Nothing is sampled any more."""
        ...

    def rouse(self) -> None:
        """Somebody writes what is queued."""
        ...


_ALIVE: "weakref.WeakSet[Mortal]" = weakref.WeakSet()
_PARENTS: list[Writer] = []


def register(sidecar: Mortal) -> None:
    """From now on it is looked after, for as long as somebody holds it."""
    _ALIVE.add(sidecar)


def _after_fork() -> None:
    """The child has no threads, and no right to the parent's file or rows.

    The parent's writers are kept for ever, so that nothing of theirs is finalised here.
    """
    _PARENTS.extend(forget_all())
    for sidecar in list(_ALIVE):
        sidecar.forget()


def _at_exit() -> None:
    """Daemon threads are about to stop dead: none should be inside a driver then."""
    for sidecar in list(_ALIVE):
        sidecar.stop_looking(_EXIT_S)
        sidecar.rouse()
    close_all()


atexit.register(_at_exit)
os.register_at_fork(after_in_child=_after_fork)
