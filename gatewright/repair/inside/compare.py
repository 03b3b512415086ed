"""What functions do with inputs, with one patch after the other in memory.

Each patch has a fork of its own, with limits; what a call came to is one line of text.
"""

import ast
import asyncio
import base64
import contextlib
import hashlib
import importlib
import importlib.machinery
import inspect
import io
import json
import math
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import IO, Any

from gatewright.repair.inside.imports import replace_sources

MOST_ITEMS = 200
"""Taken from an iterator."""
MOST_CHARS = 300
MOST_DEPTH = 8
MOST_LONG = 4
"""Calls of one patch that may run too long; what comes after them is not looked at."""
DIGITS = 9
"""Of a float: the order of additions is no difference."""
DATA_BYTES = 2**30
POLL_S = 0.002
LONG = "runs too long"

Json = dict[str, Any]
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]+")


class Long(BaseException):
    """A call ran past its time; a BaseException, so that the code under test lets it through."""


def compare(job: Json) -> Json:
    """The behaviours of each variant: by call, a text; None where it was not reached."""
    with tempfile.TemporaryDirectory(prefix="compare-", ignore_cleanup_errors=True) as scratch:
        return {"behaviours": _compare(job, scratch)}


def _compare(job: Json, scratch: str) -> list[list[str | None]]:
    waiting = deque(enumerate(job["variants"]))
    running: list[tuple[int, int, float, IO[bytes]]] = []
    found: dict[int, list[str | None]] = {}
    until = time.monotonic() + job["compare_s"]
    slots = len(os.sched_getaffinity(0))
    while running or waiting:
        while waiting and len(running) < slots:
            number, variant = waiting.popleft()
            out: IO[bytes] = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - `_read` closes it
            end = min(until, time.monotonic() + job["variant_s"] * 2)
            running.append((number, _fork(job, variant, out, scratch), end, out))
        for child in list(running):
            number, pid, end, out = child
            if _ended(pid, end):
                found[number] = _read(out, len(job["calls"]))
                running.remove(child)
        time.sleep(POLL_S)
    return [found[number] for number in sorted(found)]


def _fork(job: Json, variant: Mapping[str, str], out: IO[bytes], scratch: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setpgid(0, 0)
        _confine(job["variant_s"])
        os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(dir=scratch)
        texts = {
            os.path.realpath(Path(job["root"], path)): base64.b64decode(data)
            for path, data in variant.items()
        }
        replace_sources(texts)
        _call_all(job, out)
    finally:
        os._exit(0)


def _confine(seconds: float) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    limits = (
        (resource.RLIMIT_CPU, math.ceil(seconds) + 1),
        (resource.RLIMIT_DATA, DATA_BYTES),
        (resource.RLIMIT_FSIZE, 2**24),
        (resource.RLIMIT_CORE, 0),
    )
    for what, value in limits:
        hard = resource.getrlimit(what)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (bound, bound))


def _ended(pid: int, end: float) -> bool:
    late = time.monotonic() > end
    if late:
        _kill(pid)
    ended, _ = os.waitpid(pid, 0 if late else os.WNOHANG)
    if ended == 0:
        return False
    _kill(pid)  # whatever it left running
    return True


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _read(out: IO[bytes], count: int) -> list[str | None]:
    found: list[str | None] = [None] * count
    out.seek(0)
    for line in out:
        try:
            number, text = json.loads(line)
        except ValueError:
            break  # it was killed while it wrote
        found[number] = text
    out.close()
    return found


def _call_all(job: Json, out: IO[bytes]) -> None:
    until = time.monotonic() + job["variant_s"]
    long = 0
    signal.signal(signal.SIGALRM, _too_long)
    for number, (path, name, args, kwargs) in enumerate(job["calls"]):
        if long >= MOST_LONG or time.monotonic() > until:
            return
        text = _outcome(job, path, name, args, kwargs)
        long += text == LONG
        out.write(json.dumps([number, text]).encode() + b"\n")
        out.flush()


def _outcome(job: Json, path: str, name: str, args: str, kwargs: str) -> str:
    """What one call gives, prints, and does to its arguments."""
    given, named = ast.literal_eval(args), ast.literal_eval(kwargs)
    before = describe((given, named))
    said = io.StringIO()
    # Again and again, should the code under test swallow the first time.
    try:
        function = _function(job, path, name)
        signal.setitimer(signal.ITIMER_REAL, job["call_s"], job["call_s"])
        with contextlib.redirect_stdout(said):
            gives = describe(_finished(function(*given, **named)))
    except Long:
        return LONG
    except BaseException as error:  # noqa: BLE001 - whatever the code under test raises
        signal.setitimer(signal.ITIMER_REAL, 0)
        gives = f"raises {type(error).__name__}"
    signal.setitimer(signal.ITIMER_REAL, 0)
    after = describe((given, named))
    parts = [gives]
    if said.getvalue():
        parts.append(f"prints {_cut(repr(said.getvalue()))}")
    if after != before:
        parts.append(f"leaves {after}")
    return ", ".join(parts)


def _function(job: Json, path: str, name: str) -> Any:
    found: Any = _module(job, path)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _module(job: Json, path: str) -> Any:
    """As pytest would most likely have it: from the folder above its topmost package."""
    file = Path(job["root"], path)
    top = file.parent
    while (top / "__init__.py").exists() and top != Path(job["root"]):
        top = top.parent
    parts = file.with_suffix("").relative_to(top).parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    roots = [str(top), job["root"], *(str(Path(job["root"], each)) for each in job["roots"])]
    sys.path[:0] = [each for each in roots if each not in sys.path]
    try:
        return importlib.import_module(".".join(parts))
    except ImportError:  # a package without __init__.py, maybe
        whole = Path(path).with_suffix("").parts
        return importlib.import_module(".".join(whole))


def _finished(value: Any) -> Any:
    """Generators are listed and coroutines run: nothing happens before that."""
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    if isinstance(value, Iterator):
        return ["iterator of", *islice(value, MOST_ITEMS)]
    return value


def describe(value: Any) -> str:
    """A value as text that is the same for equal values, whatever their address."""
    return _cut(_text(value, MOST_DEPTH))


def _text(value: Any, depth: int) -> str:  # noqa: PLR0911 - one kind of value after the other
    if isinstance(value, bool | int | str | bytes) or value is None:
        return repr(value)
    if isinstance(value, float):
        return repr(float(f"{value:.{DIGITS}g}"))
    if depth == 0:
        return "..."
    if isinstance(value, dict):
        inner = [f"{_text(k, depth - 1)}: {_text(v, depth - 1)}" for k, v in value.items()]
        return f"{_kind(value, dict)}{{{', '.join(inner)}}}"
    if isinstance(value, list | tuple | deque):
        inner = [_text(item, depth - 1) for item in value]
        comma = "," * (type(value) is tuple and len(inner) == 1)
        ends = "()" if isinstance(value, tuple) else "[]"
        return f"{_kind(value, list, tuple)}{ends[0]}{', '.join(inner)}{comma}{ends[1]}"
    if isinstance(value, set | frozenset):
        inner = sorted(_text(item, depth - 1) for item in value)
        return (
            f"{_kind(value, set)}{{{', '.join(inner)}}}" if inner else f"{type(value).__name__}()"
        )
    plain: Any = object.__repr__
    if type(value).__repr__ is plain and hasattr(value, "__dict__"):
        return f"{type(value).__name__} {_text(vars(value), depth - 1)}"
    return _ADDRESS.sub("", repr(value))


def _kind(value: Any, *plain: type) -> str:
    return "" if type(value) in plain else type(value).__name__


def _cut(text: str) -> str:
    """Short, and still different for what differs beyond the cut."""
    if len(text) <= MOST_CHARS:
        return text
    return f"{text[:MOST_CHARS]}... ({hashlib.sha256(text.encode()).hexdigest()[:8]})"


def _too_long(signum: int, frame: FrameType | None) -> None:
    raise Long("ran past the time that the repair engine gives one call")
