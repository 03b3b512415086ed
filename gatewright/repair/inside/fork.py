"""One forked process that tries a patch: its limits by the clock, its end, its verdict."""

import contextlib
import math
import os
import resource
import select
import shutil
import signal
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from gatewright.repair.inside.bench import PASSED, UNDECIDED, UNSWAPPABLE, Plan
from gatewright.repair.inside.board import Board
from gatewright.repair.inside.child import DATA_BYTES, FILE_BYTES, limit, signal_group

LOOK_S = 0.1
"""How often a child that seems to wait is looked at."""
POLL_S = 0.002
"""How often a child is asked where the kernel does not tell of its end."""


class End(NamedTuple):
    """How a child ended."""

    verdict: str
    """`passed`, `failed`, `timeout`; else the patch is to be tried another way: `unswappable`
    where functions cannot be given new code, `undecided` where the first test is not enough."""
    test: int
    """The test that began last, by its number in the plan; -1 before the first."""
    passed: list[bool]
    """Of a survey: each test."""


class Fork:
    """It leads a process group, and the whole group ends with it.

    Making one forks: in the child `pid` is 0, and the rest is up to the caller, who must end in
    `os._exit`.
    """

    def __init__(
        self, *, plan: Plan, board: Board, slot: int, folder: str, wall_s: float, start_s: float
    ) -> None:
        board.clear(slot)
        self._plan, self._board, self._slot = plan, board, slot
        self.folder = folder
        """For its temporary files; goes with it."""
        now = time.monotonic()
        self._deadline = now + wall_s
        self._look_at = now + LOOK_S
        self._timed_out = False
        self._test = -2
        self._begun = now
        self._used = ""
        self.handle = -1
        self.pid = os.fork()
        if self.pid == 0:
            _bound(wall_s, start_s)
            return
        signal_group(os.setpgid, self.pid, self.pid)
        with contextlib.suppress(AttributeError, OSError):  # an old kernel: `wait` looks often
            self.handle = os.pidfd_open(self.pid)

    def next_look(self) -> float:
        """When to ask again at the latest, as `time.monotonic()` counts."""
        if self.handle < 0:
            return time.monotonic() + POLL_S
        return min(self._deadline, self._look_at)

    def ended(self) -> End | None:
        """How it ended, or None while it runs; one that is past its time is ended first."""
        now = time.monotonic()
        late = now >= self._deadline
        if now >= self._look_at and not late:
            self._look_at = now + LOOK_S
            late = self._only_waits(now)
        if late:
            self._timed_out = True
            signal_group(os.killpg, self.pid, signal.SIGKILL)
        pid, status = os.waitpid(self.pid, 0 if late else os.WNOHANG)
        if pid == 0:
            return None
        self._clear_up()
        return self._end(status)

    def kill(self) -> None:
        """End it, whatever it is doing."""
        signal_group(os.killpg, self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._clear_up()

    def _clear_up(self) -> None:
        signal_group(os.killpg, self.pid, signal.SIGKILL)  # whatever it left running
        if self.handle >= 0:
            os.close(self.handle)
        if Path(self.folder).exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, status: int) -> End:
        test = self._board.test(self._slot)
        passed = self._board.have_passed(self._slot, len(self._plan.tests) * self._plan.survey)
        code = os.waitstatus_to_exitcode(status)
        if self._timed_out or -code in (signal.SIGPROF, signal.SIGXCPU, signal.SIGKILL):
            return End("timeout", test, passed)
        if code == UNSWAPPABLE and test < 0:
            return End("unswappable", test, passed)
        if code == UNDECIDED:
            return End("undecided", test, passed)
        good = code == PASSED and self._board.is_done(self._slot)
        return End("passed" if good else "failed", test, passed)

    def _only_waits(self, now: float) -> bool:
        """Whether its present test has waited too long; a busy machine is no waiting."""
        test = self._board.test(self._slot)
        used = _used(self.pid)
        if test != self._test or used != self._used or not used:
            self._test, self._used, self._begun = test, used, now
            return False
        wait = self._plan.waits[test] if 0 <= test < len(self._plan.waits) else math.inf
        return now - self._begun > wait and _alone(self.pid)


def wait(forks: Collection[Fork], others: Collection[int]) -> set[int]:
    """Wait until one of them may have ended, or something can be read; what can be read."""
    handles = [fork.handle for fork in forks if fork.handle >= 0]
    until = min((fork.next_look() for fork in forks), default=math.inf)
    poll = select.poll()
    for handle in (*handles, *others):
        poll.register(handle, select.POLLIN)
    timeout = None if math.isinf(until) else max(0.0, until - time.monotonic()) * 1000
    return {handle for handle, _ in poll.poll(timeout)}


def _bound(cpu_s: float, start_s: float) -> None:
    signal_group(os.setpgid, 0, 0)
    # By the kernel's hand: neither a loop in C nor a handler of the code's own stays its end.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, start_s)
    limit(resource.RLIMIT_CPU, math.ceil(cpu_s))
    limit(resource.RLIMIT_DATA, DATA_BYTES)
    limit(resource.RLIMIT_FSIZE, FILE_BYTES)
    limit(resource.RLIMIT_CORE, 0)


def _used(pid: int) -> str:
    """Of the processor until now, while it sleeps; empty when it does not, or cannot be seen."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{fields[11]} {fields[12]}" if fields[0] == "S" else ""


def _alone(pid: int) -> bool:
    """Whether nothing else is in its group, for which it may be waiting."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or folder.name == str(pid):
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(pid):
            return False
    return True
