"""Count a command's processes, where nothing in the kernel limits them.

Root's processes are never counted against RLIMIT_NPROC, and in most containers root may make no
control groups. There the tree is counted as it runs, and killed when it has grown too large.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from gatewright.workspace.sandbox.limits.cgroup import Controller


def needs_counting(controllers: Sequence[Controller]) -> bool:
    """Whether neither a control group nor RLIMIT_NPROC limits the number of our processes."""
    return os.geteuid() == 0 and all(controller.name != "pids" for controller in controllers)


def outgrown(pid: int, limit: int) -> bool:
    """Whether a process has more than `limit` threads below it, those of its children included.

    Blocks on /proc. Nobody leaves the tree: orphans go to its top, an init or a subreaper.
    """
    count = 0
    waiting = _children(pid, _tasks(pid))
    while waiting:
        child = waiting.pop()
        tasks = _tasks(child)
        count += len(tasks)
        if count > limit:
            return True
        waiting += _children(child, tasks)
    return False


def _tasks(pid: int) -> list[str]:
    try:
        return [entry.name for entry in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has ended
        return []


def _children(pid: int, tasks: Sequence[str]) -> list[int]:
    found: list[int] = []
    for task in tasks:
        try:
            text = Path(f"/proc/{pid}/task/{task}/children").read_text()
        except OSError:
            continue
        found += map(int, text.split())
    return found
