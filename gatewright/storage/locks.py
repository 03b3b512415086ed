"""One process at a time runs a task, or a plan: a lock that the kernel takes back from the dead."""

import fcntl
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from gatewright.domain.errors import ThreadBusy
from gatewright.domain.finishing import finish


@contextmanager
def task_lock(folder: Path, task_id: str, *, plan_run: str = "") -> Iterator[None]:
    """Hold the lock of a task; with `plan_run`, what is locked is that run of a plan.

    The file stays: removing it would let a waiter lock a name that nobody else sees. An open file
    description holds an flock(2), so a second run in the same process is refused as well.
    Raises: ThreadBusy, naming the owner.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{task_id}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(descriptor)
            if plan_run:
                raise ThreadBusy(plan_run, owner, what="Plan run") from None
            raise ThreadBusy(task_id, owner) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid()}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def hold_task(folder: Path, task_id: str) -> AsyncIterator[None]:
    """`task_lock` taken in a thread; cancelled while it is, it is let go at once."""
    with ExitStack() as stack:
        lock = task_lock(folder, task_id)
        await finish(lambda: stack.enter_context(lock))
        yield


def _owner(descriptor: int) -> str:
    text = os.pread(descriptor, 200, 0).decode(errors="replace")
    try:
        return f"process {json.loads(text)['pid']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
