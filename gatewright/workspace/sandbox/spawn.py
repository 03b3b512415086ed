"""Start a launch, and let its command go only once the limits hold."""

import contextlib
import errno
import json
import os
import resource
import select
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gatewright.domain.command import Command
from gatewright.domain.errors import InputError, SandboxUnavailable, WorkspaceError
from gatewright.workspace.sandbox.launch import Launch, Launcher
from gatewright.workspace.sandbox.limits.census import needs_counting, outgrown
from gatewright.workspace.sandbox.limits.cgroup import OWN_PROCESSES, Cage
from gatewright.workspace.sandbox.limits.rlimits import lower, rlimits
from gatewright.workspace.sandbox.streams import Streams
from gatewright.workspace.sandbox.sweep import remove, sweep
from gatewright.workspace.sandbox.wellformed import require_wellformed

_START_S = 30.0
"""In which a sandbox must have set itself up; generous, for loaded machines."""


@dataclass(kw_only=True)
class Running:
    """A command's outer program, alive or dead, and all that we hold of it."""

    process: subprocess.Popen[bytes]
    pidfd: int
    launch: Launch
    streams: Streams
    cage: Cage | None
    status_fd: int
    go_fd: int | None
    started: float
    counted: bool = False
    """Whether the number of its processes is limited by nothing but our looking."""
    top: int | None = None
    """The process that the sandbox reported, while `inner` holds it."""
    inner: int | None = None
    """A pidfd of the process that the sandbox reported: its init, or its supervisor."""
    status: bytes = b""

    def admit(self, command: Command) -> None:
        """Wait for the sandbox to report its first process, limit that, and let it go on.

        Blocks. A sandbox that ends before that leaves `inner` None.
        """
        pid = self._reported_pid()
        if pid is None:
            return
        try:
            self.inner = os.pidfd_open(pid)
            self.top = pid
            if self.launch.outer_limits:
                lower(pid, rlimits(command.limits))
            if self.cage is not None:
                self.cage.add(pid)
        except ProcessLookupError:
            return
        if self.go_fd is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self.go_fd, b"1")

    def _reported_pid(self) -> int | None:
        deadline = time.monotonic() + _START_S
        while b"\n" not in self.status:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.status_fd], [], [], left)[0]:
                return None
            chunk = os.read(self.status_fd, 4096)
            if not chunk:
                return None
            self.status += chunk
        first = json.loads(self.status.partition(b"\n")[0])
        return int(first["child-pid"])

    def outgrown(self, command: Command) -> bool:
        """Whether it has more processes than it may, where nothing else prevents that. Blocks."""
        return self.top is not None and outgrown(self.top, command.limits.processes + OWN_PROCESSES)

    def kill(self, *, hard: bool = False) -> None:
        """Ask the kernel, or the sandbox's supervisor, to end the tree; does not wait."""
        if not hard and self.launch.stop == "lifeline":
            self.close_go()
            return
        if not hard and self.inner is not None:
            # The init's end takes its whole pid namespace along, and the outer program sees it.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.inner, signal.SIGKILL)
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def clear(self) -> None:
        """Kill what outlived the outer program; there is nothing where a pid namespace ended."""
        if self.cage is not None:
            self.cage.kill()
        if self.launch.token:
            sweep(self.launch.token)

    def close_go(self) -> None:
        """Close our end of the go-ahead; a supervisor sees that as the order to stop."""
        if self.go_fd is not None:
            os.close(self.go_fd)
            self.go_fd = None

    def reap(self) -> "Ending":
        """Collect the outer program, which has ended or is about to. Blocks."""
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.inner is not None:
            # Where the outer program was killed, its init may take a moment longer.
            select.select([self.inner], [], [], _START_S)
        os.set_blocking(self.status_fd, False)
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.status_fd, 65536):
                self.status += chunk
        return Ending(returncode=self.process.returncode, usage=usage, status=_merged(self.status))

    def close(self) -> None:
        """Release every descriptor, file and group. Blocks shortly."""
        self.close_go()
        for descriptor in (self.pidfd, self.status_fd, self.inner):
            if descriptor is not None:
                os.close(descriptor)
        self.streams.close()
        if self.cage is not None:
            self.cage.close()
        for folder in self.launch.leftovers:
            remove(folder)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the outer program ended, and what it said about the command."""

    returncode: int
    usage: resource.struct_rusage
    status: dict[str, Any]
    """`exit-code` where the command ran; supervisors add `cpu-s` and `max-rss-bytes`, or say
    why they `refused`."""


def spawn(launcher: Launcher, command: Command) -> Running:
    """Start the outer program. Blocks; to be called in `spawner()` only.

    Raises: InputError for a command that cannot be passed on, WorkspaceError when the working
    directory is missing, SandboxUnavailable when the outer program does not start.
    """
    require_wellformed(command)
    if not command.cwd.is_dir():
        raise WorkspaceError(f"no working directory {str(command.cwd)!r} to run a command in")
    room = launcher.prepare()
    with contextlib.ExitStack() as undo:
        streams = undo.enter_context(Streams(room.folder, command.stdin))
        cage = Cage(room.controllers, command.limits) if room.controllers else None
        if cage is not None:
            undo.callback(cage.close)
        status_fd, status_writer = os.pipe()
        undo.callback(os.close, status_fd)
        go_reader, go_fd = os.pipe()
        undo.callback(os.close, go_fd)
        with contextlib.ExitStack() as theirs:
            theirs.callback(os.close, status_writer)
            theirs.callback(os.close, go_reader)
            launch = launcher.launch(command, status_fd=status_writer, go_fd=go_reader)
            for descriptor in launch.hand_over:
                theirs.callback(os.close, descriptor)
            started = time.monotonic()
            process = _start(launcher, launch, streams, (status_writer, go_reader))
        undo.pop_all()
    return Running(
        process=process,
        pidfd=os.pidfd_open(process.pid),
        launch=launch,
        streams=streams,
        cage=cage,
        status_fd=status_fd,
        go_fd=go_fd,
        started=started,
        counted=needs_counting(room.controllers),
    )


def _start(
    launcher: Launcher, launch: Launch, streams: Streams, pipes: tuple[int, int]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            launch.argv,
            stdin=subprocess.DEVNULL if streams.stdin is None else streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            env=dict(launch.env),
            cwd="/",
            start_new_session=True,
            pass_fds=(*pipes, *launch.hand_over),
        )
    except OSError as error:
        for folder in launch.leftovers:
            remove(folder)
        if error.errno == errno.E2BIG:
            raise InputError(
                "argv", sum(map(len, launch.argv)), "is too long for the system", "Use stdin."
            ) from error
        raise SandboxUnavailable(
            f"{launch.argv[0]!r} does not start: {error.strerror}", launcher.remedy()
        ) from error


def spawner() -> ThreadPoolExecutor:
    """The one thread of this process that starts sandboxes, and never ends before it.

    The kernel's parent-death signal, by which a sandbox dies with us, fires when the thread that
    spawned it ends, not only when the process does.
    """
    return _spawner_of(os.getpid())


@lru_cache(maxsize=1)
def _spawner_of(_pid: int) -> ThreadPoolExecutor:
    # Keyed by the process, because a forked child inherits the object without its thread.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="gatewright-spawner")


def _merged(status: bytes) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for line in status.splitlines():
        with contextlib.suppress(ValueError):
            merged |= json.loads(line)
    return merged
