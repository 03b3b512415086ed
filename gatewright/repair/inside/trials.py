"""Trying a batch of patches, several at a time, each by the quickest way that is exact."""

import json
import os
import socket
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

from gatewright.repair.inside.bench import Bench
from gatewright.repair.inside.board import Board
from gatewright.repair.inside.errands import Batch, Errand, Json
from gatewright.repair.inside.fork import End, Fork, wait
from gatewright.repair.inside.handover import silence
from gatewright.repair.inside.imports import replace_sources
from gatewright.repair.inside.place import Place
from gatewright.repair.inside.zygote import MOST_MESSAGE, Zygote

AHEAD = 1
"""More children than cores, so that none of these waits for the next errand."""
HOT, WARM, COOL, COLD = "hot", "warm", "cool", "cold"
NEXT = {HOT: WARM, WARM: COOL, COOL: COLD}
"""The slower way, where one is not exact."""


class Task(NamedTuple):
    """What is next for a patch."""

    number: int
    failing: bool
    keep: tuple[int, ...]
    way: str
    far: bool = False
    """Of tests in other files than the failing ones have."""
    survey: bool = False
    """Not of the patch: which of these tests pass on the code as it is, run this way."""
    suspect: bool = False
    """It was on its way when a zygote went; it runs again while nothing else does."""


class Trials:
    """The batch under way."""

    def __init__(self, place: Place, batch: Batch) -> None:
        self._place = place
        self._batch = batch
        cores = len(os.sched_getaffinity(0))
        self._most = max(2, cores) + AHEAD
        self._free = list(range(self._most))
        self._board = Board(self._most)
        self._zygotes: dict[str, socket.socket] = {}
        self._zygote = 0
        self._cold: dict[int, Fork] = {}
        self._running: dict[int, tuple[Errand, Task]] = {}
        self._waiting = deque(range(len(batch)))
        self._urgent: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        self._last = len(batch)
        self._serial = 0
        self._files = frozenset(batch.files)
        self._unfit: dict[tuple[int, ...], frozenset[int] | None] = {}
        """By kept tests: which of them fail anyhow; None while that is being found out."""
        self._broken: dict[tuple[int, ...], list[tuple[Task, int]]] = {}
        """What waits for such a survey: a task and the test that it broke."""
        self.verdicts: dict[int, str] = {}
        self.ways: dict[str, int] = dict.fromkeys((HOT, WARM, COOL, COLD), 0)
        """How many children were run in which way."""

    def run(self, seconds: float) -> dict[int, str]:
        """Verdicts by place; launching ends after so many seconds."""
        stop_at = time.monotonic() + seconds
        self._start(seconds)
        while self._running or self._is_more(stop_at):
            while self._free and self._is_more(stop_at):
                self._launch(self._next())
            self._gather()
        self._close()
        return {n: verdict for n, verdict in self.verdicts.items() if n <= self._last}

    def _is_more(self, stop_at: float) -> bool:
        if self._suspects:
            return not self._running
        if self._urgent:
            return self._place.left() > 0
        first = self._waiting[0] if self._waiting else self._last + 1
        return first <= self._last and time.monotonic() < stop_at

    def _next(self) -> Task:
        if self._suspects:
            return self._suspects.popleft()
        if self._urgent:
            return self._urgent.popleft()
        number = self._waiting.popleft()
        near = tuple(n for n in self._kept(number) if self._is_near(n))
        return Task(number, True, near, HOT)

    def _kept(self, number: int) -> tuple[int, ...]:
        return self._batch.keep(number) if self._batch.edits(number) else ()

    def _is_near(self, test: int) -> bool:
        return self._batch.passing[test].partition("::")[0] in self._files

    def _start(self, seconds: float) -> None:
        """Start the zygotes, and wait until each is ready or gone."""
        if not self._batch.failing:
            return
        ours, theirs = zip(
            *(socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in "123"), strict=True
        )
        self._zygote = os.fork()
        if self._zygote == 0:
            try:
                for end in ours:
                    end.close()
                self._be_zygote(theirs)
            finally:
                os._exit(1)
        until = time.monotonic() + seconds / 2
        for way, end, other in zip((COOL, WARM, HOT), ours, theirs, strict=True):
            other.close()
            end.settimeout(max(0.1, until - time.monotonic()))
            try:
                if end.recv(MOST_MESSAGE):
                    end.settimeout(None)
                    self._zygotes[way] = end
            except OSError:
                end.close()

    def _be_zygote(self, sockets: tuple[socket.socket, ...]) -> None:
        os.setpgid(0, 0)
        silence()
        zygote = Zygote(
            self._batch,
            root=self._place.root,
            scratch=self._place.scratch,
            slots=self._most,
            early=self._place.early,
            sockets=(sockets[0], sockets[1], sockets[2]),
        )
        zygote.start()
        self._place.pytest(list(self._batch.files), zygote, f"{self._place.scratch}/zygote")

    def _launch(self, task: Task) -> None:
        way = task.way
        while way != COLD and way not in self._zygotes:
            way = NEXT[way]
        self._serial += 1
        number = -1 if task.survey else task.number
        keep = () if way == HOT else task.keep  # that goes no further than the first test
        errand = Errand(self._serial, number, self._free.pop(), task.failing, keep, task.survey)
        self._running[errand.serial] = (errand, task._replace(way=way))
        self.ways[way] += 1
        if way == COLD:
            self._cold[errand.serial] = self._launch_cold(errand)
            return
        try:
            self._zygotes[way].send(json.dumps(errand).encode())
        except OSError:
            self._lose(way)

    def _launch_cold(self, errand: Errand) -> Fork:
        plan = self._batch.plan(errand)
        fork = Fork(
            plan=plan,
            board=self._board,
            slot=errand.slot,
            folder=f"{self._place.scratch}/cold{errand.serial}",
            wall_s=self._batch.wall_s,
            start_s=self._batch.start_s,
        )
        if fork.pid:
            return fork
        try:
            silence()
            root = self._place.root
            changed = self._batch.changed(errand.number).items()
            replace_sources({os.path.realpath(Path(root, p)): text for p, text in changed})
            files = dict.fromkeys(name.partition("::")[0] for name in plan.tests)
            self._place.pytest(list(files), Bench(plan, self._board, errand.slot), fork.folder)
        finally:
            os._exit(1)

    def _gather(self) -> None:
        """Wait until something has ended, and see to all that has."""
        sockets = {end.fileno(): way for way, end in self._zygotes.items()}
        for fileno in wait(self._cold.values(), sockets):
            if sockets.get(fileno) in self._zygotes:
                self._hear(sockets[fileno])
        for serial, fork in list(self._cold.items()):
            end = fork.ended()
            if end is not None:
                del self._cold[serial]
                self._ended(serial, end)

    def _hear(self, way: str) -> None:
        try:
            message = self._zygotes[way].recv(MOST_MESSAGE)
        except OSError:
            message = b""
        if not message:
            self._lose(way)
            return
        serial, *end = json.loads(message)
        self._ended(serial, End(*end))

    def _lose(self, way: str) -> None:
        """A zygote is gone: one of those that it had under way is a patch that kills its parent."""
        self._zygotes.pop(way).close()
        for serial, (errand, task) in list(self._running.items()):
            if task.way != way:
                continue
            del self._running[serial]
            self._free.append(errand.slot)
            if task.suspect or not self._zygotes:  # never from this process, which is the last
                self._settle(task.number, "failed")
            else:
                self._suspects.append(task._replace(way=NEXT[way], suspect=True))

    def _ended(self, serial: int, end: End) -> None:
        if serial not in self._running:
            return  # it was to be killed
        errand, task = self._running.pop(serial)
        self._free.append(errand.slot)
        if end.verdict in ("unswappable", "undecided") and task.way != COLD:
            self._urgent.append(task._replace(way=NEXT[task.way]))
        elif task.survey:
            self._surveyed(task, end)
        elif end.verdict == "passed":
            self._passed(task)
        else:
            self._not_passed(task, end)

    def _passed(self, task: Task) -> None:
        far = tuple(n for n in self._kept(task.number) if not self._is_near(n))
        if far and not task.far:
            self._urgent.append(Task(task.number, False, far, COLD, far=True))
            return
        self._settle(task.number, "passed")

    def _not_passed(self, task: Task, end: End) -> None:
        """A failing test failed again, or one that passed before now fails."""
        count = len(self._batch.failing) * task.failing
        verdict = "timeout" if end.verdict == "timeout" else "failed"
        if end.test < count and not (task.far and end.test < 0):
            self._settle(task.number, verdict)
            return
        test = task.keep[end.test - count] if end.test >= 0 else -1
        unfit = self._unfit.get(task.keep)
        if unfit is not None:
            self._judge(task, test, unfit)
            return
        self._broken.setdefault(task.keep, []).append((task, test))
        if task.keep not in self._unfit:
            self._unfit[task.keep] = None
            way = WARM if task.way == HOT else task.way
            self._urgent.append(task._replace(failing=False, survey=True, way=way))

    def _surveyed(self, task: Task, end: End) -> None:
        passed = [*end.passed, *[False] * (len(task.keep) - len(end.passed))]
        unfit = frozenset(n for n, good in zip(task.keep, passed, strict=True) if not good)
        self._unfit[task.keep] = unfit
        for broken, test in self._broken.pop(task.keep):
            self._judge(broken, test, unfit)

    def _judge(self, task: Task, test: int, unfit: frozenset[int]) -> None:
        """A test that also fails on the code as it is, run this way, is no witness."""
        fit = tuple(n for n in task.keep if n not in unfit)
        if test in unfit or (test < 0 and len(fit) < len(task.keep)):
            if fit or task.failing:
                self._unfit.setdefault(fit, frozenset())
                self._urgent.append(task._replace(keep=fit))
            else:
                self._passed(task)
            return
        self._settle(task.number, "broke")

    def _settle(self, number: int, verdict: str) -> None:
        self.verdicts[number] = verdict
        if verdict != "passed" or not self._batch.edits(number):
            return
        self._last = min(self._last, number + self._batch.more)
        # Surveys are for others, too.
        self._urgent = deque(t for t in self._urgent if t.number <= self._last or t.survey)
        for serial, (errand, task) in list(self._running.items()):
            if task.number > self._last and not task.survey:
                self._drop(serial, errand, task)

    def _drop(self, serial: int, errand: Errand, task: Task) -> None:
        del self._running[serial]
        self._free.append(errand.slot)
        if task.way == COLD:
            self._cold.pop(serial).kill()
            return
        try:
            self._zygotes[task.way].send(json.dumps([serial]).encode())
        except OSError:
            self._lose(task.way)

    def _close(self) -> None:
        for end in self._zygotes.values():
            end.close()
        for fork in self._cold.values():
            fork.kill()


def attempt(job: Json) -> Json:
    """Run patches in order until the time is over, or shortly after one is plausible.

    How far "shortly" goes is counted in places of the batch, so that the answer does not depend
    on speed.
    """
    place = Place(job["root"], job["roots"], job["seconds"])
    place.preload(job["preload"])
    trials = Trials(place, Batch(job))
    verdicts = trials.run(job["launch_s"])
    return {"verdicts": verdicts, "ways": trials.ways}
