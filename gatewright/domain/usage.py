"""What ended child processes used: told by whoever collected them, heard by whoever counts.

Rooms that start processes and rooms that keep books do not know of one another.
"""

from collections.abc import Callable
from typing import NamedTuple


class ChildUsage(NamedTuple):
    """Of one process and of those of its children that it waited for; None: not known."""

    cpu_s: float | None
    """User and system together."""
    max_rss_bytes: int | None
    """Of the largest of these processes, not their sum."""


Listener = Callable[[ChildUsage], None]

_LISTENERS: dict[Listener, None] = {}


def hear(listener: Listener) -> Callable[[], None]:
    """Have every `tell` of this process call this, until what is returned is called.

    A listener must neither block nor raise.
    """
    _LISTENERS[listener] = None
    return lambda: _LISTENERS.pop(listener, None)


def tell(usage: ChildUsage) -> None:
    """To be called in the task, or the thread, that had the process started."""
    for listener in list(_LISTENERS):
        listener(usage)
