"""Who runs here: a process that is known again, and known to be gone, after any crash."""

import os
import socket
from pathlib import Path

import psutil

from gatewright.domain.entry import Process

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"


def this_process() -> Process:
    """The calling process. Reads files: not for the event loop."""
    pid = os.getpid()
    return Process(host=socket.gethostname(), pid=pid, started=_started(pid) or "", boot=_boot())


def is_gone(process: Process) -> bool:
    """Whether a process of this host has ended; of another host, nobody here can tell: False.

    A number that was given to another process since, a boot since, and a process that has ended
    but was not waited for all mean that it is gone. Reads files: not for the event loop.
    """
    if process.host != socket.gethostname():
        return False
    return process.boot != _boot() or process.started != _started(process.pid)


def _started(pid: int) -> str | None:
    """A mark that two processes of one number do not share; None: there is no such process."""
    if not _BOOT.exists():
        return _started_elsewhere(pid)
    try:
        fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *_ = fields.split()
    # In ticks since the boot, which no clock that is set changes; psutil's moment follows clocks.
    return None if state in "ZX" else fields.split()[19]


def _started_elsewhere(pid: int) -> str | None:
    """Where there is no Linux below."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.NoSuchProcess:
        return None


def _boot() -> str:
    return _BOOT.read_text("utf-8").strip() if _BOOT.exists() else ""
