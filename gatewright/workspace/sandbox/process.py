"""Run one command to its end, its limits or its timeout, and leave nothing of it alive.

The end is awaited by a pidfd on the event loop, so that we, and not asyncio's child watcher,
collect the outer program and its usage; whatever else blocks is done in threads.
"""

import asyncio
import contextlib
import resource
import signal
import time
from concurrent.futures import Future
from typing import Literal

from gatewright.domain.command import Command, Completed
from gatewright.domain.errors import SandboxUnavailable
from gatewright.workspace.sandbox.launch import Launcher
from gatewright.workspace.sandbox.spawn import Ending, Running, spawn, spawner
from gatewright.workspace.sandbox.streams import tail

_TICK_S = 0.05
"""How often the size of the output is looked at."""

_GRACE_S = 3.0
"""For a tree to end after it was told to, before the outer program is killed as well."""

_REASON_CHARACTERS = 400
_SIGNAL_BASE = 128
_HIGHEST_SIGNAL = 64

Verdict = Literal["ended", "timed_out", "output_exceeded", "too_many_processes", "cancelled"]


async def run(launcher: Launcher, command: Command) -> Completed:
    """Run a command; when this is cancelled, its tree is dead before the cancellation goes on.

    Raises: SandboxUnavailable when the sandbox could not be set up; WorkspaceError when the
    working directory is missing.
    """
    stop = asyncio.Event()
    task = asyncio.create_task(_supervise(launcher, command, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as lost
        raise


async def _supervise(launcher: Launcher, command: Command, stop: asyncio.Event) -> Completed:
    running = await _start(launcher, command)
    try:
        await asyncio.to_thread(running.admit, command)
        verdict = await _watch(running, command, stop)
        return await asyncio.to_thread(_conclude, running, launcher, command, verdict)
    finally:
        if running.process.returncode is None:
            # Only when the loop itself is being torn down: end it here, at the price of blocking.
            running.kill(hard=True)
            running.reap()
            running.clear()
        await asyncio.to_thread(running.close)


async def _start(launcher: Launcher, command: Command) -> Running:
    started = spawner().submit(spawn, launcher, command)
    try:
        return await asyncio.wrap_future(started)
    except asyncio.CancelledError:
        # The loop is being torn down while the thread is at it: nobody else would end the process.
        started.add_done_callback(_abandon)
        raise


def _abandon(started: Future[Running]) -> None:
    if started.cancelled() or started.exception() is not None:
        return
    running = started.result()
    running.kill(hard=True)
    running.reap()
    running.clear()
    running.close()


async def _watch(running: Running, command: Command, stop: asyncio.Event) -> Verdict:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(running.pidfd, ended.set)
    waits = {asyncio.create_task(ended.wait()), asyncio.create_task(stop.wait())}
    deadline = running.started + command.timeout_s
    try:
        while True:
            left = deadline - time.monotonic()
            await asyncio.wait(
                waits, timeout=max(0, min(_TICK_S, left)), return_when=asyncio.FIRST_COMPLETED
            )
            if ended.is_set():
                return "ended"
            verdict = _verdict(running, command, stop)
            if running.counted and await asyncio.to_thread(running.outgrown, command):
                verdict = "too_many_processes"
            if verdict != "ended":
                await _end(running, ended)
                return verdict
    finally:
        loop.remove_reader(running.pidfd)
        for wait in waits:
            wait.cancel()


def _verdict(running: Running, command: Command, stop: asyncio.Event) -> Verdict:
    """Why it must be ended now, or `ended` when it need not."""
    if stop.is_set():
        return "cancelled"
    if running.streams.largest() > command.limits.output_bytes:
        return "output_exceeded"
    if time.monotonic() >= running.started + command.timeout_s:
        return "timed_out"
    return "ended"


async def _end(running: Running, ended: asyncio.Event) -> None:
    running.kill()
    try:
        await asyncio.wait_for(ended.wait(), _GRACE_S)
    except TimeoutError:
        running.kill(hard=True)
        await ended.wait()


def _conclude(
    running: Running, launcher: Launcher, command: Command, verdict: Verdict
) -> Completed:
    ending = running.reap()
    duration_s = time.monotonic() - running.started
    running.clear()
    stderr = tail(running.streams.stderr)
    if verdict == "too_many_processes":
        stderr += f"\ngatewright: killed; more than {command.limits.processes} processes\n"
    returncode = _returncode(ending, shell=running.launch.stop == "kill")
    if returncode is None and verdict == "ended":
        reason = ending.status.get("refused", stderr.strip()[-_REASON_CHARACTERS:])
        raise SandboxUnavailable(
            f"{launcher.kind} could not be set up: {reason}", launcher.remedy()
        )
    return Completed(
        returncode=-signal.SIGKILL if returncode is None else returncode,
        stdout=tail(running.streams.stdout),
        stderr=stderr,
        duration_s=duration_s,
        timed_out=verdict == "timed_out",
        output_exceeded=running.streams.largest() > command.limits.output_bytes,
        cpu_s=ending.status.get("cpu-s", ending.usage.ru_utime + ending.usage.ru_stime),
        max_rss_bytes=_max_rss(running, ending),
        sandbox=launcher.kind,
    )


def _returncode(ending: Ending, *, shell: bool) -> int | None:
    """The command's, or None when it was never started.

    A shell reports a signal as 128 + its number; so a command that exits by itself with such a
    number is taken for one that was killed. Our own supervisor tells them apart.
    """
    if ending.returncode < 0:
        return ending.returncode
    reported = ending.status.get("exit-code")
    if reported is None or "refused" in ending.status:
        return None
    code = int(reported)
    if shell and _SIGNAL_BASE < code <= _SIGNAL_BASE + _HIGHEST_SIGNAL:
        return _SIGNAL_BASE - code
    return code


def _max_rss(running: Running, ending: Ending) -> int | None:
    """The largest process's, or else the whole group's peak.

    The outer program counts our own memory as its first (it was forked from us); a value is
    the command's only if it is above that.
    """
    reported = ending.status.get("max-rss-bytes")
    if reported is not None:
        return int(reported)
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if ending.usage.ru_maxrss > ours:
        return ending.usage.ru_maxrss * 1024
    return running.cage.peak_bytes() if running.cage is not None else None
