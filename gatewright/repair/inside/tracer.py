"""Which lines of the repository's own files run."""

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

CO_OPTIMIZED = 1
"""Set in the code of functions, not in that of modules and classes."""

Line = tuple[str, int]
"""A path relative to the root, and a 1-based line."""


class Tracer:
    """The lines that ran; apart, those of module and class bodies.

    Such bodies run once, whichever test happens to come first, and every test depends on them.
    It sees the main thread only, and no child process.
    """

    def __init__(self, root: str) -> None:
        self.imported: set[Line] = set()
        self._ran: set[Line] = set()
        self._inside = root + os.sep
        self._names: dict[str, str | None] = {}
        self._locals: dict[CodeType, Callable[..., Any] | None] = {}

    def start(self) -> None:
        """Begin anew."""
        self._ran.clear()
        sys.settrace(self._call)

    def stop(self) -> list[Line]:
        """The lines of functions that ran since `start`; a function's first line is among them."""
        sys.settrace(None)
        return sorted(self._ran)

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
            local(frame, "line", code.co_firstlineno)
        return local

    def _local(self, code: CodeType) -> Callable[..., Any] | None:
        name = self._name(code.co_filename)
        if name is None:
            return None
        add = (self._ran if code.co_flags & CO_OPTIMIZED else self.imported).add

        def local(frame: FrameType, event: str, arg: int | None) -> Any:
            if event == "line":
                add((name, arg or frame.f_lineno))
            return local

        return local
