"""The program that runs a command where no pid namespace does it: started as a child, outside.

It announces itself, waits for the go-ahead, starts the command confined, and adopts its orphans.
When the command has ended, or the go-ahead's other end is closed (told to stop, or the parent is
dead), it kills every descendant until there is none, and reports. Standard library only.
"""

import contextlib
import json
import os
import resource
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from gatewright.workspace.sandbox import landlock_abi, privileges

NOT_FOUND, NOT_EXECUTABLE = 127, 126
_REFUSED = 125
_PROC = Path("/proc")


def main(config_fd: int) -> NoReturn:
    """`config_fd` holds the JSON that `supervised.Supervised` writes."""
    with os.fdopen(config_fd) as file:
        config = json.load(file)
    status_fd, go_fd = config["status_fd"], config["go_fd"]
    for descriptor in (status_fd, go_fd):
        os.set_inheritable(descriptor, False)
    privileges.become_subreaper()
    _tell(status_fd, {"child-pid": os.getpid()})
    if not os.read(go_fd, 1):
        sys.exit(_REFUSED)
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = os.fork()
    if child == 0:
        _become(config)
    code = _wait(child, stop_fd=go_fd, wake_fd=wake_reader)
    _clear()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    _tell(
        status_fd,
        {
            "exit-code": -signal.SIGKILL if code is None else code,
            "cpu-s": usage.ru_utime + usage.ru_stime,
            "max-rss-bytes": usage.ru_maxrss * 1024,
        },
    )
    sys.exit(0)


def _wait(child: int, *, stop_fd: int, wake_fd: int) -> int | None:
    """The command's code, or None when we were told to stop; collects orphans on the way."""
    while True:
        for pid, code in _collect().items():
            if pid == child:
                return code
        ready, _, _ = select.select([stop_fd, wake_fd], [], [])
        if stop_fd in ready:
            return None
        os.read(wake_fd, 4096)


def _collect() -> dict[int, int]:
    """Every child that has ended, with its code; negative for a signal."""
    ended: dict[int, int] = {}
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            ended[pid] = os.waitstatus_to_exitcode(status)
    return ended


def _clear() -> None:
    """Kill children until there are none: each one's own children become ours, and follow."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in _children():
                # Not permitted for what a set-user-id program started; only without a sandbox.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    listing = _PROC / "self" / "task" / str(os.getpid()) / "children"
    try:
        return [int(pid) for pid in listing.read_text().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [pid for pid in _processes() if _parent(pid) == os.getpid()]


def _processes() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]


def _parent(pid: int) -> int | None:
    try:
        # The name, in parentheses, may hold anything; the state and the parent follow it.
        return int(
            (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
        )
    except OSError:
        return None


def _become(config: dict[str, Any]) -> NoReturn:
    """In the child: confine ourselves, then be the command."""
    try:
        _restore_signals()
        privileges.die_with_parent(signal.SIGKILL)
        os.chdir(config["cwd"])
        _confine(config)
    except Exception as error:  # noqa: BLE001 - nothing may go on unconfined, whatever went wrong
        _tell(config["status_fd"], {"refused": f"{type(error).__name__}: {error}"})
        os._exit(_REFUSED)
    argv = config["argv"]
    try:
        os.execvpe(argv[0], argv, config["env"])  # noqa: S606 - a shell is what it must not have
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def _restore_signals() -> None:
    """What is ignored stays ignored across exec, and the interpreter ignores SIGXFSZ for one."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _confine(config: dict[str, Any]) -> None:
    rules = config["landlock"]
    own_network = rules is not None and privileges.leave_network()
    _limit(config["limits"], spare=0 if own_network else _tasks_of_user())
    if rules is None:
        return
    landlock_abi.restrict(
        readable=rules["readable"],
        writable=rules["writable"],
        devices=rules["devices"],
        tcp=own_network,
    )
    privileges.drop_capabilities()


def _limit(limits: list[tuple[int, int, int]], *, spare: int) -> None:
    for kind, soft, hard in limits:
        more = spare if kind == resource.RLIMIT_NPROC else 0
        _, allowed = resource.getrlimit(kind)
        ceiling = hard + more
        if allowed != resource.RLIM_INFINITY:
            ceiling = min(ceiling, allowed)
        resource.setrlimit(kind, (min(soft + more, ceiling), ceiling))


def _tasks_of_user() -> int:
    """Threads that run as our user already: RLIMIT_NPROC counts them too."""
    total = 0
    for pid in _processes():
        with contextlib.suppress(OSError):
            if (_PROC / str(pid)).stat().st_uid == os.getuid():
                total += sum(1 for _ in (_PROC / str(pid) / "task").iterdir())
    return total


def _tell(status_fd: int, message: dict[str, Any]) -> None:
    os.write(status_fd, json.dumps(message).encode() + b"\n")
