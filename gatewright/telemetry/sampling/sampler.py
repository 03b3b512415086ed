"""The one thread of a sidecar that looks at the machine, while runs are under way.

A thread and not a task: a busy or blocked event loop is when the samples matter, and psutil and
NVML block. A run that begins or ends takes microseconds here; it never waits for the thread.
"""

import threading
import time
from collections.abc import Callable

from gatewright.telemetry.queue import Losses
from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.host import HostSample
from gatewright.telemetry.sampling.looking import Gpus, Looking, Probe, Put
from gatewright.telemetry.sampling.peaks import Peaks
from gatewright.telemetry.sampling.summary import service_version
from gatewright.telemetry.sampling.window import Window

NAME = "gatewright-sampler"
"""Of the thread."""
_FRESH_S = 1.0
"""A sample that old still tells of a run's start or end."""
_STALE_S = 5.0
"""A run that begins so long after the thread's last look is looked at out of turn."""
_LINGER_S = 1.0
"""How long the thread waits for another run after the last one."""
_SOON_S = 0.1
"""After a look that came too early to tell the CPU's usage."""


class Sampler:
    """Feeds windows; alive while one is open, and a second longer.

    What it sees goes through `put` as rows of `hardware_samples` and `gpu_samples`. No method
    raises; what fails is told once, and counted.
    """

    def __init__(
        self,
        probe: Probe,
        gpu: Gpus | None,
        *,
        interval_s: float,
        put: Put,
        losses: Losses,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """No thread is started before a window is open. `clock` is monotonic, in seconds."""
        self.interval_s = min(60.0, max(0.1, interval_s))
        # No more often than the schedule has it: under many short runs each would be one.
        self._stale_s = max(_FRESH_S, min(_STALE_S, self.interval_s))
        self._faults = Faults(losses)
        self._looking = Looking(probe, gpu, put=put, faults=self._faults, clock=clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[Window, int] = {}
        self._peaks = Peaks()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._hurry = False
        self._looked_at = self._idle_at = float("-inf")

    @property
    def latest(self) -> HostSample | None:
        """What was seen last, whenever that was."""
        look = self._looking.last
        return look.host if look else None

    @property
    def active(self) -> int:
        """Windows that are open."""
        return len(self._windows)

    def open(self, window: Window) -> None:
        """A run begins: its window gets a sample of now, and those to come."""
        try:
            self._show(window, _FRESH_S)
        except Exception as error:  # noqa: BLE001  see Faults
            self._faults.note("start", error)
        try:
            with self._lock:
                if window.closed:  # by another thread of the run, meanwhile
                    return
                self._windows[window] = self._peaks.opened(len(self._windows) + 1)
                self._hurry = not 0 <= self._clock() - self._looked_at <= self._stale_s
                if self._thread is None or not self._thread.is_alive():
                    self._start()
                elif self._hurry:
                    self._wake.set()
        except Exception as error:  # noqa: BLE001  no thread to be had; edges are seen without it
            self._faults.note("thread", error)

    def close(self, window: Window) -> None:
        """A run has ended: its window gets a last sample, and does not change any more."""
        try:
            self._show(window, _FRESH_S if window.told or window.busy else 0.0, last=True)
        except Exception as error:  # noqa: BLE001  see Faults
            self._faults.note("end", error)
        window.together = self.together(window)
        window.close()
        with self._lock:
            self._windows.pop(window, None)
            if not self._windows:
                self._idle_at = self._clock()

    def together(self, window: Window) -> int:
        """Windows that were open at a time since this one was, itself included."""
        with self._lock:
            number = self._windows.get(window)
            return window.together if number is None else self._peaks.since(number)

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the thread now, whoever is still watched; another window starts another. Blocks."""
        with self._lock:
            thread, self._thread = self._thread, None
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)
            if thread.is_alive():
                return  # the driver hangs; who closes it now would hang as well
        self._looking.close()

    def forget(self) -> None:
        """In a forked child: the thread and whoever held a lock are not here."""
        self._lock = threading.Lock()
        for window in self._windows:
            window.forget()
        self._windows.clear()
        self._thread = None

    def _show(self, window: Window, fresh_s: float, *, last: bool = False) -> None:
        """What was seen in the last `fresh_s` seconds, or else what a glance shows.

        `last`: at the end of a run, which may have begun after the same look.
        """
        now = self._clock()
        look = self._looking.last
        if look is None or not 0 <= now - look.at < fresh_s:
            others = len(self._windows) - (window in self._windows)
            look = self._looking.glance(active=others + 1)
        window.add(look.host, edge=True, again=last and not window.told)
        gpu = self._looking.last_gpu
        if gpu is not None and 0 <= now - gpu.at <= self._stale_s:
            window.add_gpu(gpu.pct, gpu.at)

    def _start(self) -> None:
        self._wake = threading.Event()
        thread = threading.Thread(target=self._run, args=(self._wake,), name=NAME, daemon=True)
        self._thread = thread
        try:
            thread.start()
        except BaseException:
            self._thread = None
            raise

    # In the thread

    def _run(self, wake: threading.Event) -> None:
        try:
            service_version()  # read here, so that no event loop has to wait for the file
            self._watch(wake)
        except BaseException as error:  # noqa: BLE001  the next window finds it dead
            self._faults.note("thread", error)

    def _watch(self, wake: threading.Event) -> None:
        due = self._clock()
        early = True
        while self._wanted():
            now = self._clock()
            if self._windows and (self._hurry or not 0 < due - now <= self.interval_s):
                self._hurry = False
                blind = self._look()
                if not 0 < due - now <= self.interval_s:
                    due = self._next(due, now)
                if blind and early:
                    due = now + min(_SOON_S, self.interval_s)
                early = False
            wake.wait(self._pause_s(due))
            wake.clear()

    def _wanted(self) -> bool:
        with self._lock:
            if self._thread is not threading.current_thread():
                return False
            if self._windows or 0 <= self._clock() - self._idle_at < _LINGER_S:
                return True
            self._thread = None
            return False

    def _next(self, due: float, now: float) -> float:
        """The next moment of the schedule; those that were missed are not made up for."""
        late = now - due
        if late < 0:  # the clock went back
            return now + self.interval_s
        return due + self.interval_s * (late // self.interval_s + 1)

    def _pause_s(self, due: float) -> float:
        """It looks once a second whether it is still wanted: nobody has to wake it for that."""
        now = self._clock()
        if not self._windows:
            return min(_LINGER_S, max(0.01, self._idle_at + _LINGER_S - now))
        return min(_LINGER_S, max(0.0, due - now))

    def _look(self) -> bool:
        """Whether the CPU's usage could not be told."""
        look = self._looking.look(active=len(self._windows))
        self._looked_at = self._clock()
        if look is not None:
            for window in self._open_now():
                window.add(look.host)
        gpu = self._looking.look_at_gpus()
        if gpu is not None:
            for window in self._open_now():
                window.add_gpu(gpu.pct, gpu.at)
        return look is not None and look.host.cpu_pct is None

    def _open_now(self) -> list[Window]:
        with self._lock:
            return list(self._windows)
