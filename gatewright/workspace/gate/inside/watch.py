"""Notice what the code under test has no business to look at or to touch while tests run it.

An audit hook cannot be taken away again. It notes and lets pass; what base and change do alike is
told apart by the gate. In a forked copy, which cannot note anything, what would lead to the key of
the report is refused.
"""

# ruff: noqa: UP006, UP035, UP045
# The annotations are read by Pythons from 3.8 on.

import _thread
import os
import signal
import sys
from typing import Any, Callable, Dict, Optional, Set, Tuple

_FRAMES = ("tb_frame", "gi_frame", "cr_frame", "ag_frame")
_CODE = ("__code__", "__defaults__", "__kwdefaults__")
_HELPERS = ("currentframe", "stack", "walk_stack", "walk_tb", "extract_stack", "format_stack")
"""Functions that take a frame for their caller."""

_TELLING = ("traceback", "logging", "warnings", "linecache")
"""Modules that read sources in order to show a line of them."""

_MOST = 200


class Watch:
    """Decides what an event means; `note` writes it down."""

    def __init__(self, note: Callable[[Any], None], places: Any, report: str) -> None:
        self._note = note
        self._places = places
        self._report = os.path.realpath(report)
        self._pid = os.getpid()
        self._said: Set[Tuple[str, str, int]] = set()
        self._getframe = sys._getframe
        self._getpid = os.getpid
        self._ident = _thread.get_ident
        self._busy: Set[int] = set()
        self._telling = {_file_of(name) for name in _TELLING}
        self._checks = self._events()

    def install(self) -> None:
        """From now on, and for good."""
        checks, busy, ident, seen = self._checks, self._busy, self._ident, self._seen

        def hook(event: str, args: Tuple[Any, ...]) -> None:
            check = checks.get(event)
            if check is None or (event == "object.__getattr__" and _dull(args)):
                return
            me = ident()
            if me in busy:  # what the hook itself does
                return
            busy.add(me)
            try:
                seen(check, event, args)
            finally:
                busy.discard(me)

        sys.addaudithook(hook)

    def note(self, event: str, frame: Any) -> None:
        """Write down one event, once for each line of the repository."""
        file = None
        while frame is not None:  # out of code without a name of its own, or with a false one
            file = self._places.path(os.path.realpath(frame.f_code.co_filename))
            if file is not None:
                break
            frame = frame.f_back
        line = frame.f_lineno if frame is not None else 0
        key = (event, file or "", line)
        if key in self._said or len(self._said) >= _MOST:
            return
        self._said.add(key)
        self._note({"kind": "suspicious", "event": event, "file": file, "line": line or None})

    def _seen(self, check: Any, event: str, args: Tuple[Any, ...]) -> None:
        what, rule = check(event, args)
        if what is None:
            return
        # 0 is this function, 1 the hook, 2 what caused the event.
        frame = rule(self._getframe(2), event)
        if frame is None:
            return
        if self._getpid() != self._pid:
            if event.startswith("gc.") or event == "object.__getattr__":
                raise PermissionError(f"{event} is refused here")
            return
        self.note(what, frame if frame is not True else None)

    def _events(self) -> Dict[str, Any]:
        direct = (
            *("gc.get_objects", "gc.get_referrers", "gc.get_referents"),
            *("sys._getframe", "sys._current_frames", "sys._current_exceptions"),
            *("sys.settrace", "sys.setprofile", "sys.addaudithook", "code.__new__"),
            *("sys.monitoring.register_callback", "ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata"),
            *("ctypes.string_at", "ctypes.wstring_at", "ctypes.call_function"),
            *("ctypes.cdata/buffer", "ctypes.PyObj_FromPtr", "ctypes.memmove_addr"),
        )
        checks: Dict[str, Any] = dict.fromkeys(direct, self._plain)
        checks.update({"object.__getattr__": self._read, "object.__setattr__": self._set})
        checks.update({"os.kill": self._kill, "os.killpg": self._killpg, "exec": self._exec})
        files = ("open", "os.rename", "os.link", "os.symlink", "os.remove", "os.truncate")
        checks.update(dict.fromkeys(files, self._file))
        for name in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec"):
            checks[name] = self._process
        return checks

    def _plain(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        return event, self._direct

    def _read(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        if args[1] in _FRAMES:
            return args[1], self._direct
        ours = self._places.kind(args[0].__code__.co_filename) == "test"
        return ("the code of a test" if ours else None), self._direct

    def _set(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        return (f"setting {args[1]}" if args[1] in _CODE else None), self._direct

    def _kill(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        ours = args[0] in (self._pid, os.getppid(), 0, 1, -1)
        return (event if ours and _deadly(args[1]) else None), self._anywhere

    def _killpg(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        ours = args[0] in (0, 1, os.getpgrp())
        return (event if ours and _deadly(args[1]) else None), self._anywhere

    def _exec(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        """Code of the repository may call itself what it likes: it stays the repository's."""
        name = getattr(args[0], "co_filename", "<")
        foreign = not name.startswith("<") and self._places.kind(name) == "other"
        if foreign and self._direct(self._getframe(3), event) is not None:
            self._places.claim(name)
        return None, None

    def _file(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        if self._anywhere(self._getframe(3), event) is None:  # sooner told than where a path leads
            return None, None
        for path in args[:2] if event != "open" else args[:1]:
            if not isinstance(path, (str, bytes, os.PathLike)):
                continue
            what = self._what(os.fsdecode(path))
            if what is not None:
                return what, self._anywhere
        return None, None

    def _what(self, path: str) -> Optional[str]:
        """What of ours, or of the tests', a path leads to."""
        if path.endswith("/mem") and path.startswith("/proc/"):
            return "memory of a process"
        real = os.path.realpath(path)
        if real == self._report:
            return "the gate's report"
        inside = self._places.path(real)
        if inside and inside.endswith(".py") and self._places.kind(real) == "test":
            return "a test's file"
        return None

    def _process(self, event: str, args: Tuple[Any, ...]) -> Tuple[Optional[str], Any]:
        words = args[1] if event == "subprocess.Popen" and len(args) > 1 else args
        if self._anywhere(self._getframe(3), event) is None:
            return None, None
        for word in _words(words):
            if word.endswith(".py") and self._what(word) is not None:
                return "a process that is given a test's file", self._anywhere
        return None, None

    def _direct(self, frame: Any, event: str) -> Any:
        """The frame that asks, if it is the repository's and no test's."""
        kind = self._places.kind
        while frame is not None:
            code = frame.f_code
            if kind(code.co_filename) not in ("nameless", "other"):
                break
            if kind(code.co_filename) == "other" and not _passes_on(code, event):
                return None
            frame = frame.f_back
        ours = frame is not None and kind(frame.f_code.co_filename) == "code"
        return frame if ours else None

    def _anywhere(self, frame: Any, event: str) -> Any:
        """The innermost frame of the repository, if it is no test's; True for a bare thread's."""
        while frame is not None:
            name = frame.f_code.co_filename
            kind = self._places.kind(name)
            if kind == "code":
                return frame
            if kind == "test" or name in self._telling:
                return None
            if frame.f_back is None:
                return True if frame.f_code.co_name == "_bootstrap" else None
            frame = frame.f_back
        return None


def doubt(places: Any) -> Callable[[Any], Any]:
    """What is said of a record that comes from the code under test, or from another thread."""
    main, ident = _thread.get_ident(), _thread.get_ident

    def doubted(frame: Any) -> Any:
        nearest = places.nearest(frame)
        ours = nearest is not None and places.kind(nearest.f_code.co_filename) == "code"
        if not ours and ident() == main:
            return ()
        file = places.path(nearest.f_code.co_filename) if ours else None
        return (
            {"kind": "suspicious", "event": "a report of the repository's making", "file": file},
        )

    return doubted


def _dull(args: Tuple[Any, ...]) -> bool:
    """Whether an attribute that is read is no frame, nor the code of a test."""
    name = args[1]
    if name in _FRAMES:
        return False
    return name != "__code__" or not getattr(args[0], "__name__", "").startswith("test")


def _passes_on(code: Any, event: str) -> bool:
    """Whether a function of the library only hands over to its caller what it gets."""
    name = code.co_filename.replace("\\", "/")
    if event.startswith("ctypes."):
        return "/ctypes/" in name
    return code.co_name in _HELPERS or name.endswith("/_pytest/_code/code.py")


def _deadly(number: int) -> bool:
    if number == 0:
        return False
    try:
        return signal.getsignal(number) in (signal.SIG_DFL, None)
    except ValueError:
        return True


def _words(value: Any) -> Any:
    if isinstance(value, (bytes, os.PathLike)):
        value = os.fsdecode(value)
    if isinstance(value, str):
        return value.replace("'", " ").replace('"', " ").split()
    if isinstance(value, (list, tuple)):
        return [word for each in value for word in _words(each)]
    return []


def _file_of(name: str) -> str:
    module = __import__(name)
    return str(module.__file__)
