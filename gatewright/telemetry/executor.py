"""CPU of what a loop hands to threads, put down to the node that handed it over.

`loop.run_in_executor` is shadowed on the loop itself, and not its default executor replaced: an
executor that is there already keeps its threads and its work, and executors that are named in
the call are covered too. `asyncio.to_thread` and LangChain's helpers go the same way.
"""

import inspect
from asyncio import AbstractEventLoop
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from gatewright.telemetry.accounts import Account, account_of, pause, resume

_NAME = "run_in_executor"


class Piece:
    """Work for a thread, timed by the clock of the thread that does it."""

    __slots__ = ("_account", "_work")

    def __init__(self, account: Account, work: Callable[..., Any]) -> None:
        self._account = account
        self._work = work

    def __call__(self, *args: Any) -> Any:
        """To be called by the thread."""
        slot = self._account.slot()
        outer = resume(slot)
        try:
            return self._work(*args)
        except BaseException as error:
            trace = error.__traceback__
            error.__traceback__ = trace and trace.tb_next
            raise
        finally:
            pause(slot, outer)

    def __repr__(self) -> str:
        return repr(self._work)


class Shadow:
    """Stands before one loop's `run_in_executor` until its end.

    Raises: AttributeError for a loop on whose instances nothing can be set.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._before = loop.__dict__.get(_NAME)
        run = loop.run_in_executor

        def run_in_executor(executor: Executor | None, func: Any, *args: Any) -> Any:
            threads = executor is None or isinstance(executor, ThreadPoolExecutor)
            account = account_of() if threads else None
            # What cannot be run in a thread is left for the loop to refuse.
            if account is not None and not inspect.iscoroutinefunction(func):
                func = Piece(account, func)
            return run(executor, func, *args)

        self._shadow = run_in_executor
        loop.__dict__[_NAME] = run_in_executor

    def end(self) -> None:
        """Step aside, unless someone stands before us by now."""
        if self._loop.__dict__.get(_NAME) is not self._shadow:
            return
        if self._before is None:
            del self._loop.__dict__[_NAME]
        else:
            self._loop.__dict__[_NAME] = self._before
