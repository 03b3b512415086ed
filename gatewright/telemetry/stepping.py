"""CPU of async nodes: every step of every task of a node is timed by the thread's own clock.

While runs are under way on an event loop, its task factory wraps the coroutines of tasks that
belong to a node, and what it hands to threads is timed as well. Other tasks are left alone, and
when the last run has ended the loop is as it was. A task belongs to the node whose context it
was given, or else to the node that made it. Callbacks of the loop (`call_soon`, transports), and
threads that a node starts by itself, are nobody's.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Coroutine, Generator
from time import thread_time_ns
from types import CoroutineType
from typing import Any

from gatewright.telemetry.accounts import ACCOUNTS, HERE, Slot, account_of, pause, resume
from gatewright.telemetry.executor import Shadow


class Stepping(Coroutine[Any, Any, Any]):
    """A coroutine as it was, with a clock around each step. It leaves no trace in tracebacks."""

    __slots__ = ("__weakref__", "_coroutine", "_send", "_slot")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], slot: Slot) -> None:
        self._coroutine = coroutine
        self._send = coroutine.send
        self._slot = slot

    def send(self, value: Any) -> Any:
        """One step. It is `resume` and `pause` written out: this is done at every await."""
        slot = self._slot
        if slot.account.closed:  # it has outlived its node
            try:
                return self._send(value)
            except BaseException as error:
                _hide(error)
                raise
        here = HERE
        outer = here.slot
        now = thread_time_ns()
        if outer is not None:
            outer.ns += now - outer.since
            outer.since = 0
        slot.since = now
        here.slot = slot
        try:
            return self._send(value)
        except StopIteration:
            raise  # the usual end; nobody looks at its traceback
        except BaseException as error:
            _hide(error)
            raise
        finally:
            now = thread_time_ns()
            slot.ns += now - slot.since
            slot.since = 0
            if outer is not None:
                outer.since = now
            here.slot = outer

    def throw(self, *error: Any) -> Any:
        """One step that begins with an exception: a failed await, or a cancellation."""
        outer = resume(self._slot)
        try:
            return self._coroutine.throw(*error)
        except BaseException as raised:
            _hide(raised)
            raise
        finally:
            pause(self._slot, outer)

    def close(self) -> None:
        """As the coroutine's."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return _Awaited(self)

    def __getattr__(self, name: str) -> Any:
        """`cr_frame`, `__qualname__` and whatever else debuggers ask a coroutine for."""
        return getattr(self._coroutine, name)

    def __repr__(self) -> str:
        return repr(self._coroutine)


class _Awaited(Generator[Any, Any, Any]):
    """The steps as an `await` wants them, where another factory has wrapped our coroutine."""

    __slots__ = ("_of",)

    def __init__(self, of: Stepping) -> None:
        self._of = of

    def __next__(self) -> Any:
        try:
            return self._of.send(None)
        except BaseException as error:
            _hide(error)
            raise

    def send(self, value: Any) -> Any:
        try:
            return self._of.send(value)
        except BaseException as error:
            _hide(error)
            raise

    def throw(self, *error: Any) -> Any:
        try:
            return self._of.throw(*error)
        except BaseException as raised:
            _hide(raised)
            raise

    def close(self) -> None:
        self._of.close()


def _hide(error: BaseException) -> None:
    """Take our frame off; a bare `raise` does not put it back."""
    trace = error.__traceback__
    if trace is not None:
        error.__traceback__ = trace.tb_next


class _Watch:
    """One event loop under watch, which is its task factory at the same time."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.uses = 0
        self._loop = loop
        self._previous = loop.get_task_factory()
        self._shadow = Shadow(loop)
        loop.set_task_factory(self)

    def __call__(self, loop: AbstractEventLoop, coro: Any, **given: Any) -> Any:
        if ACCOUNTS and self.uses and (type(coro) is CoroutineType or asyncio.iscoroutine(coro)):
            account = account_of(given.get("context"))
            if account is not None:
                coro = Stepping(coro, account.slot())
        if self._previous is None:
            return asyncio.Task(coro, loop=loop, **given)
        return self._previous(loop, coro, **given)

    @property
    def in_place(self) -> bool:
        """Whether the loop asks us, and nobody has taken our place since."""
        return self._loop.get_task_factory() is self

    def end(self) -> None:
        """Put back what was there; where someone has built on us, we pass everything through."""
        self._shadow.end()
        if self.in_place:
            self._loop.set_task_factory(self._previous)


_WATCHES: dict[AbstractEventLoop, _Watch] = {}


def install(loop: AbstractEventLoop) -> bool:
    """Watch a loop, from its own thread, until `uninstall` was called as often as this.

    False when this loop cannot be watched; `uninstall` is then not to be called.
    """
    watch = _WATCHES.get(loop)
    if watch is None:
        for old in [old for old in list(_WATCHES) if old.is_closed()]:
            _WATCHES.pop(old, None)
        try:
            watch = _WATCHES[loop] = _Watch(loop)
        except (AttributeError, TypeError, NotImplementedError):
            return False
    watch.uses += 1
    return True


def uninstall(loop: AbstractEventLoop) -> None:
    """See `install`."""
    watch = _WATCHES.get(loop)
    if watch is None:
        return
    watch.uses -= 1
    if watch.uses <= 0:
        del _WATCHES[loop]
        watch.end()


def watches(loop: AbstractEventLoop) -> bool:
    """Whether somebody has this loop watched."""
    return loop in _WATCHES


def watched(loop: AbstractEventLoop) -> bool:
    """Whether every task that is made on this loop right now passes through us."""
    watch = _WATCHES.get(loop)
    return watch is not None and watch.in_place


def enter() -> AbstractEventLoop | None:
    """A run begins: watch the running loop, where there is one. To be given to `leave`."""
    loop = asyncio._get_running_loop()
    return loop if loop is not None and install(loop) else None


def leave(loop: AbstractEventLoop | None) -> None:
    """The run has ended."""
    if loop is not None:
        uninstall(loop)


def forget() -> None:
    """In a forked child: its parent's loops do not run here."""
    _WATCHES.clear()
