"""The helper that makes workers by fork, and clears up after one that died. Standard library only.

A worker's orphans become the master's children. Lines on its socket: `+` with a descriptor, the
worker's socket; `?PID`, answered `PID` when that worker and all that it left are gone.
"""

import ctypes
import gc
import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import NoReturn

from gatewright.plans.launching import tree
from gatewright.plans.launching.groups import Group, find, tidy
from gatewright.plans.launching.worker import Worker

_SET_CHILD_SUBREAPER = 36
_LOOK_S = 0.02
_LONGEST_LOOK_S = 1.0
"""Between looks for orphans that did not die so far; each look is twice as long after the last."""


class Master:
    """Serves one socket until its other end is closed."""

    def __init__(self, channel: socket.socket, *, give_up_s: float, base: Path | None) -> None:
        self._channel = channel
        self._base = base
        self._give_up_s = give_up_s
        self._environment = dict(os.environ)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._workers: set[int] = set()
        self._asked: set[int] = set()
        self._partial = b""
        self._dirty = False
        self._look_s = _LOOK_S
        self._wake, self._writer = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._subreaper()
        gc.freeze()

    def serve(self) -> NoReturn:
        """Make workers until nobody wants any; then see all of them to their end."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._channel.fileno(), select.POLLIN)
        while True:
            for descriptor, _ in poll.poll(int(self._look_s * 1000) if self._dirty else None):
                if descriptor == self._wake:
                    os.read(self._wake, 4096)
                elif not self._receive():
                    self._leave()
            self._collect()
            self._answer()

    def _receive(self) -> bool:
        """Whether the other end is there."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, 4096, 64)
        except ConnectionError:
            return False
        for descriptor in descriptors:
            self._fork(descriptor)
        *lines, self._partial = (self._partial + data).split(b"\n")
        self._asked.update(int(line[1:]) for line in lines if line.startswith(b"?"))
        return bool(data)

    def _fork(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)  # one that was received is, other than one opened
        pid = os.fork()
        if pid != 0:
            os.close(descriptor)
            self._workers.add(pid)
            return
        try:
            signal.set_wakeup_fd(-1)
            for inherited in (self._wake, self._writer, self._channel.fileno()):
                os.close(inherited)
            self._subreaper()
            channel = socket.socket(fileno=descriptor)
            group = None if self._base is None else Group.enter(self._base)
            Worker(channel, self._environment, give_up_s=self._give_up_s, group=group).serve()
        finally:
            os._exit(1)

    def _subreaper(self) -> None:
        if self._libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def _collect(self) -> None:
        """Take the dead away, and kill the orphans of workers that did not end by themselves."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._dirty = False
                return
            if pid == 0:
                break
            self._dirty = self._dirty or (pid in self._workers and status != 0)
            self._workers.discard(pid)
        if self._dirty:
            self._dirty = tree.stop_then_kill(os.getpid(), but=self._workers) > 0
            self._look_s = min(2 * self._look_s, _LONGEST_LOOK_S) if self._dirty else _LOOK_S
            if self._base is not None:
                tidy(self._base)

    def _answer(self) -> None:
        if self._dirty:
            return
        for pid in self._asked - self._workers:
            self._asked.discard(pid)
            try:
                self._channel.sendall(b"%d\n" % pid)
            except ConnectionError:
                return

    def _leave(self) -> NoReturn:
        """The workers' sockets are closed as well: they kill everything, and end."""
        deadline = time.monotonic() + 2 * self._give_up_s
        while time.monotonic() < deadline:
            self._collect()
            if not self._workers and not self._dirty:
                os._exit(0)
            select.select([self._wake], [], [], _LOOK_S)
        tree.stop_then_kill(os.getpid())
        os._exit(1)


def main(descriptor: str, give_up_s: str, grouped: str) -> NoReturn:
    """Words of a command line: the master's socket; see `Worker`; whether with control groups."""
    os.set_inheritable(int(descriptor), False)
    base = find() if grouped == "grouped" else None
    if base is not None:
        tidy(base)
    channel = socket.socket(fileno=int(descriptor))
    Master(channel, give_up_s=float(give_up_s), base=base).serve()
