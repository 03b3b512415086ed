"""What a forked child of a process with pytest under way must have for itself."""

import contextlib
import fcntl
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Trace = Callable[..., Any]


def open_files() -> list[int]:
    """Descriptors of regular files; a child that shares them would share their positions."""
    try:
        names = [path.name for path in Path("/proc/self/fd").iterdir()]
    except OSError:  # no /proc, or one that the sandbox does not show
        return []
    found = []
    for fd in sorted(int(name) for name in names):
        with contextlib.suppress(OSError):  # that of the listing itself is gone
            if fd > 2 and stat.S_ISREG(os.fstat(fd).st_mode):
                found.append(fd)
    return found


def drop_captured() -> None:
    """Let what pytest captures be lost, where nobody will ask for it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in open_files():
        state = os.fstat(fd)
        if state.st_nlink == 0 and state.st_size == 0:
            os.dup2(nowhere, fd, inheritable=os.get_inheritable(fd))
    os.close(nowhere)


def open_anew(files: list[int]) -> None:
    """Give each descriptor a position of its own; pytest's empty capture files become new ones."""
    for fd in files:
        with contextlib.suppress(OSError):
            state = os.fstat(fd)
            if state.st_nlink == 0 and state.st_size == 0:
                new = os.memfd_create("captured")
            else:
                mode = fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_ACCMODE | os.O_APPEND)
                new = os.open(f"/proc/self/fd/{fd}", mode)
                os.lseek(new, os.lseek(fd, 0, os.SEEK_CUR), os.SEEK_SET)
            os.dup2(new, fd, inheritable=os.get_inheritable(fd))
            os.close(new)


def move_tmp_path(config: pytest.Config, folder: str) -> None:
    """Let `tmp_path` and its like be in another folder, as `--basetemp` would."""
    config.option.basetemp = folder
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        factory._given_basetemp = Path(folder)
        factory._basetemp = None


def silence() -> None:
    """Let the process read nothing and print nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)


def start_tracing(trace: Trace) -> None:
    """Have every call in this process told, from now on."""
    threading.settrace(trace)
    sys.settrace(trace)


def stop_tracing() -> None:
    """No longer."""
    threading.settrace(None)
    sys.settrace(None)


def threads() -> int:
    """Of this process; 2 where that cannot be seen."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return 2
