"""Whose CPU it is: an account for every node under way, with a slot for each thread it works on.

A thread is charged to one slot at a time, the innermost: the time of a node that runs inside
another's is the inner one's, and no time is counted twice. A slot is written by its own thread
only, so nothing here needs a lock.
"""

import sys
import threading
from contextvars import Context
from time import clock_gettime_ns, thread_time_ns
from uuid import UUID

from gatewright.domain.usage import ChildUsage, hear

_CONFIG = "langchain_core.runnables.config"


class Slot:
    """What one thread has done for one node."""

    __slots__ = ("account", "ns", "since", "thread")

    def __init__(self, account: "Account", thread: int) -> None:
        self.account = account
        self.thread = thread
        """As the kernel numbers it."""
        self.ns = 0
        self.since = 0
        """The thread's clock when it was last charged here; 0: it is not charged here now."""


class Account:
    """What one node has used so far."""

    __slots__ = ("children", "closed", "slots")

    def __init__(self) -> None:
        self.slots: dict[int, Slot] = {}
        self.closed = False
        """The node has ended: what works on for it is not counted any more."""
        self.children: list[ChildUsage] = []
        """Processes that it started and that have ended."""

    def slot(self) -> Slot:
        """The calling thread's; made when it is not there."""
        thread = threading.get_native_id()
        found = self.slots.get(thread)
        if found is None:
            found = self.slots[thread] = Slot(self, thread)
        return found

    def taken_ns(self) -> int:
        """CPU of all threads, those at work right now included."""
        total = 0
        for slot in list(self.slots.values()):
            total += _so_far(slot) if slot.since else slot.ns
        return total


class _Here(threading.local):
    """What the calling thread is charged to."""

    slot: Slot | None = None
    moved_ns: int = 0
    """What nodes that ran inside a step of another's took off it; see `move`."""


HERE = _Here()

ACCOUNTS: dict[UUID, Account] = {}
"""Of the nodes under way, by LangChain's run id, and by those of their parts."""


def resume(slot: Slot) -> Slot | None:
    """Charge the calling thread to its slot from here on; the slot that `pause` goes back to."""
    outer = HERE.slot
    now = thread_time_ns()
    if outer is not None:
        outer.ns += now - outer.since
        outer.since = 0
    slot.since = now
    HERE.slot = slot
    return outer


def pause(slot: Slot, outer: Slot | None) -> None:
    """Undo `resume`, on the same thread."""
    now = thread_time_ns()
    slot.ns += now - slot.since
    slot.since = 0
    if outer is not None:
        outer.since = now
    HERE.slot = outer


def move(ns: int) -> None:
    """Take from what the calling thread is charged to: an inner node has been charged it."""
    HERE.moved_ns += ns
    if HERE.slot is not None:
        HERE.slot.since += ns


def account_of(context: Context | None = None) -> Account | None:
    """The account of the node whose code is calling, or to which a context belongs.

    Found by LangChain's own variable: the callbacks of the config name the runnable that is
    under way. Where that is no node (but a part of one), it is the node at work on this thread.
    """
    found = _named(context) if ACCOUNTS else None
    if found is not None:
        return found
    slot = HERE.slot
    return None if slot is None or slot.account.closed else slot.account


def _named(context: Context | None) -> Account | None:
    """The account that LangChain's variable names."""
    module = sys.modules.get(_CONFIG)
    if module is None:
        return None
    try:
        variable = module.var_child_runnable_config
        config = variable.get() if context is None else context.get(variable)
        manager = config.get("callbacks") if config else None
        run_id = getattr(manager, "parent_run_id", None)
        return None if run_id is None else ACCOUNTS.get(run_id)
    except Exception:  # noqa: BLE001  what others put there must not fail the task that is made
        return None


def note_child(usage: ChildUsage) -> None:
    """Put an ended process down to the node whose code is calling."""
    account = account_of()
    if account is not None:
        account.children.append(usage)


def forget() -> None:
    """In a forked child: the parent's nodes are not under way here."""
    ACCOUNTS.clear()
    HERE.slot = None


def _so_far(slot: Slot) -> int:
    ns, since = slot.ns, slot.since
    try:
        # Linux numbers the clock of a thread after it; a thread that has ended has none.
        return ns + clock_gettime_ns((~slot.thread << 3) | 6) - since if since else ns
    except OSError:
        return ns


hear(note_child)
