"""Coroutines from plain code: a script, a test, a notebook's cell."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def wait(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, from plain code or from under a running event loop.

    Under a running loop (a notebook's cell) it gets a thread with a loop of its own, which lives
    until the work is done: sandboxed children die with the thread that started them.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="gatewright") as pool:
        return pool.submit(asyncio.run, work).result()
