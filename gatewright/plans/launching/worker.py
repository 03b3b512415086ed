"""The helper that runs steps, one at a time, and kills what they leave. Standard library only.

It is a subreaper with one step: whatever becomes its child belongs to that step, however well it
hid its session, its group and its environment, and when there is no child left, nothing of the
step is alive. Orders come in on a socket (see `frames`); where it ends, everything ends.

    ["run", number, argv, env, cwd, stdout, stderr, token, timeout_s, grace_s]
    ["stop", number, grace_s]
"""

import os
import select
import signal
import socket
import time
from collections import deque
from typing import Any, NoReturn

from gatewright.plans.launching import tree
from gatewright.plans.launching.deaths import deaths, taken
from gatewright.plans.launching.frames import Frames, frame
from gatewright.plans.launching.groups import Group
from gatewright.plans.launching.outputs import Output
from gatewright.plans.launching.spawning import Order, Refused, start, unwritable

_LOOK_S = 0.02
"""Between looks for what was orphaned while it was being killed."""

_LIVE_S = 0.02
"""After so long, a step's output can be read while it is written."""
_ORPHAN_GRACE_S = 0.5
"""For a step whose engine is gone: time enough for git to take its lock files away."""

_LONGEST_WAIT_S = 3600.0
"""Poll takes no more milliseconds than an int holds."""
_CHUNK = 1 << 14
"""A longer one is mapped and unmapped by each call, which takes longer than to receive."""
_STUCK = 3
"""Our exit code when we leave processes behind."""


class _Step:
    """How the one step stands."""

    def __init__(self, number: int, order: Order) -> None:
        self.number = number
        self.root = 0
        self.grace_s = order.grace_s
        self.began = time.monotonic()
        self.deadline = None if order.timeout_s is None else self.began + order.timeout_s
        self.status: int | None = None
        self.duration_s = 0.0
        self.stopping = False
        self.killing = False
        self.looked = 0.0
        self.timed_out = False
        self.survivors = 0
        self.cpu_s = 0.0
        self.max_rss_bytes = 0
        self.named = False
        self.error = ""
        """Of its output, which is worth no less than its exit code."""


class Worker:
    """Serves one socket until its other end is closed."""

    def __init__(
        self,
        channel: socket.socket,
        environment: dict[str, str],
        *,
        give_up_s: float,
        group: Group | None,
    ) -> None:
        """`give_up_s` after SIGKILL, what is still there cannot be killed: another user's, or
        stuck in the kernel."""
        self._group = group
        self._channel = channel
        self._environment = {
            os.fsencode(name): os.fsencode(environment[name]) for name in environment
        }
        self._give_up_s = give_up_s
        self._orders: deque[list[Any]] = deque()
        self._frames = Frames()
        self._gone = False
        self._outputs = Output(), Output()
        self._deaths = deaths()
        self._poll = select.poll()
        self._poll.register(self._deaths, select.POLLIN)
        self._poll.register(channel.fileno(), select.POLLIN)

    def serve(self) -> NoReturn:
        """Run what is ordered; ends the process."""
        self._tell(["ready", os.getpid()])
        while not self._gone:
            if not self._orders:
                self._receive()
                continue
            kind, number, *rest = self._orders.popleft()
            if kind == "run":  # a stop that crossed the end of its step is nobody's any more
                self._tell(self._run(number, Order(*rest)))
        if self._group is not None:
            self._group.leave()
        os._exit(0)

    def _run(self, number: int, order: Order) -> list[Any]:
        step = _Step(number, order)
        try:
            step.root = start(order, self._environment, self._outputs)
        except Refused as refused:
            return [number, None, None, False, str(refused), 0, 0.0, None, None]
        left = self._watch(step, order)
        if left:
            self._say_stuck(step, left)
        self._keep(step, order, over=True)
        code = os.waitstatus_to_exitcode(step.status or 0)
        is_lost = bool(step.error)
        return [
            number,
            code if code >= 0 and not is_lost else None,
            -code if code < 0 and not is_lost else None,
            step.timed_out,
            step.error,
            step.survivors,
            step.duration_s,
            step.cpu_s,
            step.max_rss_bytes,
        ]

    def _keep(self, step: _Step, order: Order, *, over: bool = False) -> None:
        """Give the step's output its names; at its end, only where something was written."""
        step.named = True
        for output, path in zip(self._outputs, (order.stdout, order.stderr), strict=True):
            try:
                if over:
                    output.settle()
                else:
                    output.name()
            except (OSError, ValueError) as fault:
                step.error = unwritable(path, fault) if over else ""

    def _watch(self, step: _Step, order: Order) -> list[int]:
        """Until nothing of it is alive; the processes that cannot be killed."""
        alive = True
        while alive:
            now = time.monotonic()
            if not self._proceed(step, now):
                return tree.descendants(os.getpid())
            if not step.named and now - step.began >= _LIVE_S:
                self._keep(step, order)
            self._wait(step, now)
            alive = self._collect(step)
        return []

    def _proceed(self, step: _Step, now: float) -> bool:
        """What is to be done by now; False: nothing can be done any more."""
        if self._orders:
            self._heed(step)
        if not step.stopping and not step.killing:
            if step.status is not None:
                self._kill(step)
            elif self._gone:
                self._terminate(step, min(step.grace_s, _ORPHAN_GRACE_S))
        if step.deadline is not None and now >= step.deadline:
            if step.killing:
                return False
            if step.stopping:
                self._kill(step)
            else:
                step.timed_out = True
                self._terminate(step, step.grace_s)
        if step.killing:
            self._look(step, now)
        return True

    def _collect(self, step: _Step) -> bool:
        """Take the dead away; whether anything is alive."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            step.cpu_s += usage.ru_utime + usage.ru_stime
            step.max_rss_bytes = max(step.max_rss_bytes, usage.ru_maxrss * 1024)
            if pid == step.root:
                step.status = status
                step.duration_s = time.monotonic() - step.began
                if step.stopping and not step.killing:
                    # Their own group's members have heard it with the root; the rest hears it now.
                    _ask_to_end(tree.descendants(os.getpid()))
            elif step.killing and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                step.survivors += 1

    def _terminate(self, step: _Step, grace_s: float) -> None:
        step.stopping = True
        step.deadline = time.monotonic() + max(0.0, grace_s)
        if step.status is None:
            _ask_to_end([-step.root])

    def _kill(self, step: _Step) -> None:
        step.killing = True
        step.deadline = time.monotonic() + self._give_up_s

    def _look(self, step: _Step, now: float) -> None:
        """Kill all that is there; orphans of what was killed become our children, and follow."""
        if now - step.looked >= _LOOK_S:
            step.looked = now
            if self._group is not None:
                self._group.kill()
            tree.stop_then_kill(os.getpid())

    def _wait(self, step: _Step, now: float) -> None:
        """For a death, an order, or the next thing to be done."""
        seconds = _LONGEST_WAIT_S if step.named else _LIVE_S
        if step.deadline is not None:
            seconds = min(seconds, max(0.0, step.deadline - now))
        if step.killing:
            seconds = min(seconds, _LOOK_S)
        for descriptor, _ in self._poll.poll(int(seconds * 1000) + 1):
            if descriptor == self._deaths:
                taken(descriptor)
            else:
                self._receive()

    def _heed(self, step: _Step) -> None:
        """Of orders that have come, perhaps together with the step's own, those to stop it."""
        while self._orders and self._orders[0][0] == "stop":
            _, number, grace_s = self._orders.popleft()
            if number != step.number or step.killing:
                continue
            if grace_s <= 0:
                self._kill(step)
            elif not step.stopping:
                self._terminate(step, grace_s)

    def _receive(self) -> None:
        """Wait for bytes; whole messages become orders."""
        try:
            chunk = self._channel.recv(_CHUNK)
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._gone = True
            self._poll.unregister(self._channel.fileno())
            return
        self._orders.extend(self._frames.feed(chunk))

    def _say_stuck(self, step: _Step, left: list[int]) -> NoReturn:
        names = ", ".join(map(str, left[:8]))
        error = f"{len(left)} processes cannot be killed ({names}): end them by hand"
        answer = [step.number, None, None, step.timed_out, error, step.survivors]
        seconds = time.monotonic() - step.began
        self._tell([*answer, seconds, step.cpu_s, step.max_rss_bytes, "leaving"])
        os._exit(_STUCK)

    def _tell(self, message: list[Any]) -> None:
        try:
            self._channel.sendall(frame(message))
        except ConnectionError:
            self._gone = True


def _ask_to_end(pids: list[int]) -> None:
    """SIGTERM, and SIGCONT: what has been stopped would not take note of the first."""
    tree.send(pids, signal.SIGTERM)
    tree.send(pids, signal.SIGCONT)
