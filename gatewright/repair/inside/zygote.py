"""A process that has pytest under way and forks a child for each patch.

There are three in one run of pytest. The first stops before anything is collected: its children
import the repository with the patch in it ("cool"). The second is a fork of the first that goes
on and collects; its children put the patch into the functions that are there, where that is
exact ("warm"). The third is a fork of the second that sets the first failing test up and stops
before its call: its children find out quickly whether that test still fails ("hot"); most do.
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NoReturn

import pytest

from gatewright.repair.inside.bench import FAILED, UNDECIDED, UNSWAPPABLE, Bench, Plan
from gatewright.repair.inside.board import Board
from gatewright.repair.inside.errands import Batch, Errand
from gatewright.repair.inside.fork import Fork, wait
from gatewright.repair.inside.handover import (
    drop_captured,
    move_tmp_path,
    open_anew,
    open_files,
    start_tracing,
    stop_tracing,
    threads,
)
from gatewright.repair.inside.imports import loaded, replace_sources
from gatewright.repair.inside.outside import Outside
from gatewright.repair.inside.pieces import Pieces, Uncut
from gatewright.repair.inside.swap import Doubtful, Live, live_functions, swaps

MOST_MESSAGE = 2**16
READY: list[Any] = []


class Zygote(Bench):
    """The plugin in both processes, and in their children."""

    def __init__(
        self,
        batch: Batch,
        *,
        root: str,
        scratch: str,
        slots: int,
        early: Iterable[str],
        sockets: tuple[socket.socket, socket.socket, socket.socket],
    ) -> None:
        super().__init__(Plan((), (), ()), Board(slots), 0)
        self._batch = batch
        self._scratch = scratch
        self._cool, self._warm, self._hot = sockets
        self._outside = Outside()
        self._name = "cool"
        self._forks = 0
        self._ran: dict[int, CodeType] = {}
        self._barred = set(early)
        """Files of which something was imported before its time."""
        self._pieces = {path: Pieces(text) for path, text in batch.texts.items()}
        self._paths = {path: os.path.realpath(Path(root, path)) for path in batch.texts}
        self._texts: dict[str, bytes] = {}
        """What is imported in the place of files, by their real paths."""
        self._live: dict[str, Live] = {}
        self._is_child = False

    def start(self) -> None:
        """Write down from now on which code runs."""
        start_tracing(self._trace)

    def _trace(self, frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        self._ran[id(code)] = code

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """The first process stays here; the second, and the children of the first, go on."""
        texts = self._real(self._batch.texts)
        replace_sources(self._texts)
        if os.fork() == 0:
            self._cool.close()
            self._name = "warm"
            # The very texts that the patches are of, whatever is on the disk by now.
            self._texts.update(texts)
            return
        self._warm.close()
        self._hot.close()
        stop_tracing()
        self._ran.clear()
        self._barred |= loaded(texts)
        errand = self._serve(self._cool, session.config)
        changed = self._real(self._batch.changed(errand.number))
        if self._barred & changed.keys():
            os._exit(UNSWAPPABLE)
        self._texts.update(changed)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Everything is collected: the second process stays here, the third goes on."""
        if not self._is_child:
            self._check_trace()
            if not {item.nodeid for item in session.items} >= set(self._batch.failing):
                os._exit(UNSWAPPABLE)
            if os.fork() == 0:
                self._warm.close()
                self._set_up_first(session)
            self._hot.close()
            stop_tracing()
            self._look()
            self._swap(self._serve(self._warm, session.config).number, UNSWAPPABLE)
        return super().pytest_runtestloop(session)

    def _set_up_first(self, session: pytest.Session) -> NoReturn:
        self._name = "hot"
        first = next(item for item in session.items if item.nodeid == self._batch.failing[0])
        # Whoever has a temporary folder from now on has it in common with its siblings.
        move_tmp_path(session.config, f"{self._scratch}/hot")
        self._outside.start()
        first.ihook.pytest_runtest_protocol(item=first, nextitem=None)
        os._exit(UNDECIDED)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """The third process stays here, if its children share nothing but memory."""
        if self._name != "hot":
            return
        self._check_trace()
        stop_tracing()
        if self._outside.touched():
            os._exit(UNDECIDED)
        drop_captured()
        self._look()
        errand = self._serve(self._hot, item.config)
        self._swap(errand.number, UNDECIDED)
        self._board.begin(self._slot, 0)
        signal.setitimer(signal.ITIMER_PROF, self._plan.limits[0])
        try:
            # As pytest would in a moment; an exception needs no handling, it is the verdict.
            item.runtest()
        except BaseException:  # noqa: BLE001
            os._exit(FAILED)
        os._exit(FAILED if item.__dict__.get("_excinfo") else UNDECIDED)

    def _check_trace(self) -> None:
        """What ran is to be known, and a fork of several threads would be half a process."""
        if sys.gettrace() != self._trace or threads() > 1:
            os._exit(UNSWAPPABLE)

    def _look(self) -> None:
        self._live = live_functions(self._real(self._batch.texts), self._ran.values())
        self._ran.clear()

    def _serve(self, asked: socket.socket, config: pytest.Config) -> Errand:
        """Fork a child for each errand; returns in the children only."""
        files = open_files()
        gc.collect()
        gc.freeze()
        gc.disable()
        forks: dict[int, Fork] = {}
        _say(asked, READY)
        while True:
            ready = wait(forks.values(), [asked.fileno()])
            for serial, fork in list(forks.items()):
                end = fork.ended()
                if end is not None:
                    del forks[serial]
                    _say(asked, [serial, *end])
            if asked.fileno() not in ready:
                continue
            message = asked.recv(MOST_MESSAGE)
            if not message:
                _leave(forks.values())
            words = json.loads(message)
            if len(words) == 1:
                if words[0] in forks:
                    forks.pop(words[0]).kill()
                continue
            serial, number, slot, failing, keep, survey = words
            errand = Errand(serial, number, slot, failing, tuple(keep), survey)
            fork = self._fork(errand)
            if fork.pid == 0:
                asked.close()
                gc.enable()
                open_anew(files)
                self._is_child = True
                return self._begin(errand, fork, config)
            forks[errand.serial] = fork

    def _fork(self, errand: Errand) -> Fork:
        self._forks += 1
        if self._name != "cool":
            for path, edits in self._batch.edits(errand.number).items():
                live = self._live_of(path)
                if live.filename:
                    self._pieces[path].prepare(edits, live.filename)
        return Fork(
            plan=self._batch.plan(errand),
            board=self._board,
            slot=errand.slot,
            folder=f"{self._scratch}/{self._name}{self._forks}",
            wall_s=self._batch.wall_s,
            start_s=self._batch.start_s,
        )

    def _begin(self, errand: Errand, fork: Fork, config: pytest.Config) -> Errand:
        self._plan = self._batch.plan(errand)
        self._slot = errand.slot
        if self._name != "hot":
            move_tmp_path(config, fork.folder)
        return errand

    def _swap(self, number: int, otherwise: int) -> None:
        """Put the patch of this number into what is imported, or end with this exit code."""
        try:
            for path, edits in self._batch.edits(number).items():
                live = self._live_of(path)
                if self._paths[path] in self._barred:
                    raise Doubtful("imported before its time")
                pairs = self._pieces[path].changed(edits, live.filename or path)
                for function, code in swaps(pairs, live):
                    function.__code__ = code
        except (Uncut, Doubtful):
            os._exit(otherwise)
        self._texts.update(self._real(self._batch.changed(number)))

    def _live_of(self, path: str) -> Live:
        return self._live[self._paths[path]]

    def _real(self, texts: dict[str, bytes]) -> dict[str, bytes]:
        return {self._paths[path]: data for path, data in texts.items()}


def _say(asked: socket.socket, words: list[Any]) -> None:
    try:
        asked.send(json.dumps(words).encode())
    except OSError:
        os._exit(0)  # nobody listens any more


def _leave(forks: Iterable[Fork]) -> NoReturn:
    for fork in forks:
        fork.kill()
    os._exit(0)
