"""Which lines of the repository's own files run, and what they see."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from gatewright.repair.inside.snapshots import Snapshots

CO_OPTIMIZED = 1
"""Set in the code of functions, not in that of modules and classes."""
NESTED = ("<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
"""Frames within a line of another one; their variables are not those of the line."""
STARTS_PROCESS = ("os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen")
"""Of the audit events: code runs where it is not traced."""

Line = tuple[str, int]
"""A path relative to the root, and a 1-based line."""


class Tracer:
    """The lines that ran, and snapshots of them; apart, the lines of module and class bodies.

    Such bodies run once, whichever test happens to come first, and every test depends on them.
    It sees the main thread only, and no child process; that there was one is known.
    """

    def __init__(self, root: str) -> None:
        self.imported: set[Line] = set()
        self._ran: set[Line] = set()
        self._outside: set[Line] = set()
        self._inside = root + os.sep
        self._names: dict[str, str | None] = {}
        self._locals: dict[CodeType, Callable[..., Any] | None] = {}
        self._snapshots = Snapshots()
        self._test_file: str | None = None
        self._testing = False
        self._unseen = False
        self._hung = False
        sys.addaudithook(self._audit)

    def start(self, nodeid: str = "") -> None:
        """Begin anew, with a test of this id or, as before the first test, with none."""
        if not self._testing:
            self._outside |= self._ran
        self._ran.clear()
        self._snapshots.start()
        self._testing = bool(nodeid)
        self._test_file = nodeid.partition("::")[0] or None
        self._unseen = self._hung = False
        threading.settrace(self._in_thread)
        sys.settrace(self._call)

    def stop(self) -> list[Line]:
        """The lines of functions that ran since `start`; a function's first line is among them."""
        # What interrupts a test that hangs is raised in the tracer mostly, and ends the tracing.
        # A bound method is made anew each time it is looked up.
        self._unseen = self._unseen or (not self._hung and sys.gettrace() != self._call)
        sys.settrace(None)
        threading.settrace(None)
        return sorted(self._ran)

    def interrupt(self) -> None:
        """The test has run past its time and is about to be ended."""
        self._hung = True

    @contextmanager
    def shared(self) -> Iterator[None]:
        """While this lasts, what runs is not for this test alone."""
        before = set(self._ran)
        self._ran.clear()
        try:
            yield
        finally:
            self._outside |= self._ran
            self._ran |= before

    def seen(self, *, failed: bool) -> dict[str, Any]:
        """Snapshots and calls since `start`."""
        whole = not self._unseen
        return self._snapshots.seen(
            failed=failed, whole=whole, hung=self._hung, outside=self._outside
        )

    def _name(self, filename: str) -> str | None:
        if filename not in self._names:
            real = os.path.realpath(filename)
            ours = real.startswith(self._inside) and "site-packages" not in real
            ours = ours and not filename.startswith("<")  # `<string>`, `<frozen os>`
            self._names[filename] = real[len(self._inside) :] if ours else None
        return self._names[filename]

    def _call(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if code not in self._locals:
            self._locals[code] = self._local(code)
        local = self._locals[code]
        if local is not None:
            local(frame, "call", code.co_firstlineno)
        return local

    def _local(self, code: CodeType) -> Callable[..., Any] | None:
        name = self._name(code.co_filename)
        if name is None:
            return None
        add = (self._ran if code.co_flags & CO_OPTIMIZED else self.imported).add
        plain = bool(code.co_flags & CO_OPTIMIZED) and code.co_name not in NESTED
        take = self._snapshots.line

        def local(frame: FrameType, event: str, arg: int | None) -> Any:
            if event == "line":
                key = (name, frame.f_lineno)
                add(key)
                if plain and self._testing and name != self._test_file:
                    take(frame, key)
            elif event == "call":
                add((name, arg or frame.f_lineno))
                if plain and name != self._test_file and self._from_test(frame):
                    self._snapshots.call(frame, name)
            return local

        return local

    def _from_test(self, frame: FrameType) -> bool:
        """Whether it was called by a line of the running test's own file."""
        back = frame.f_back
        if back is None or self._test_file is None:
            return False
        return self._name(back.f_code.co_filename) == self._test_file

    def _in_thread(self, frame: FrameType, event: str, arg: object) -> None:
        self._unseen = True
        sys.settrace(None)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in STARTS_PROCESS:
            self._unseen = True
