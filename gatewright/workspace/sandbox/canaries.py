"""The misdeeds that the probe tries, as a program to be run inside a sandbox.

It is run with `python -I -S canaries.py`, so it imports the standard library only. It gets its
orders as JSON on stdin, prints one JSON object, and never raises: `{name: [held, detail]}`, where
held means that the misdeed failed. What the outside can see better, the probe looks at itself.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Verdict = tuple[bool, str]

_FORKS_PER_LIMIT = 4
_PATIENCE_S = 2
"""After which processes over the limit have been got away with."""

_NEW_USER_NAMESPACE = 0x10000000
_EXPECTED_VARIABLES = {"PATH", "HOME", "TMPDIR", "LANG", "PWD", "LC_CTYPE", "SHLVL", "_", "OLDPWD"}


def main() -> None:
    """Try everything, gentle things first, and print what came of it."""
    orders = json.load(sys.stdin)
    if "processes" in orders:
        _forks(orders["processes"])
        return
    tries: dict[str, Callable[[], Verdict]] = {
        "environment": lambda: _environment(orders["expected_variables"]),
        "descriptors": _descriptors,
        "capabilities": _capabilities,
        "secret": lambda: _read(orders["secret"]),
        "kernel_settings": lambda: _write_kernel_settings(orders["kernel_settings"]),
        "processes": _processes,
        "signals": lambda: _signal(orders["host_pid"], orders["pid_namespace"]),
        "nested_namespaces": _nested_namespaces,
        "memory": lambda: _memory(orders["memory_bytes"]),
    }
    for path in orders["write"]:
        _attempt(partial(_write, path))
    _attempt(lambda: Path(orders["secret"]).chmod(0o777))
    for address in orders["connect"]:
        _attempt(partial(_connect, address))
    _attempt(lambda: _send(orders["send"]))
    results = {name: _verdict(attempt) for name, attempt in tries.items()}
    _attempt(lambda: _leave_daemon(orders["lock"]))
    print(json.dumps(results))  # noqa: T201 - its way of reporting


def _attempt(action: Callable[[], Any]) -> None:
    """For misdeeds that the probe judges from outside."""
    with contextlib.suppress(Exception):  # refused, in whatever way
        action()


def _verdict(attempt: Callable[[], Verdict]) -> Verdict:
    try:
        return attempt()
    except OSError as error:
        return True, error.strerror or str(error)


def _environment(expected: list[str]) -> Verdict:
    foreign = sorted(set(os.environ) - _EXPECTED_VARIABLES - set(expected))
    return not foreign, f"foreign variables: {', '.join(foreign)}" if foreign else "scrubbed"


def _descriptors() -> Verdict:
    inherited = []
    for descriptor in range(3, 256):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        inherited.append(descriptor)
    return not inherited, f"inherited: {inherited}" if inherited else "0, 1 and 2 only"


def _capabilities() -> Verdict:
    """By capget(2), because /proc may be closed."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None).capget(ctypes.byref(header), ctypes.byref(sets)) != 0:
        return False, "capget failed"
    held = [f"{number:x}" for number in sets]
    return not any(sets), "none" if not any(sets) else f"sets {held}"


def _read(path: str) -> Verdict:
    Path(path).read_bytes()
    return False, "was read"


def _write(path: str) -> None:
    Path(path).write_text("canary", encoding="utf-8")


def _write_kernel_settings(path: str) -> Verdict:
    # Opened, never written: where this succeeds, it is a setting of the real machine.
    os.close(os.open(path, os.O_WRONLY))
    return False, f"{path} can be written"


def _connect(address: str | list[Any]) -> None:
    if isinstance(address, list):
        socket.create_connection((address[0], address[1]), timeout=0.5).close()
        return
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)


def _send(address: list[Any]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"canary", (address[0], address[1]))


def _processes() -> Verdict:
    seen = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    own = os.getpid()
    # In a namespace of our own, our number is small and only our ancestors are below it.
    foreign = [pid for pid in seen if pid > own] if own < 10 else seen
    return not foreign, f"{len(seen)} visible"


def _signal(host_pid: int, pid_namespace: str) -> Verdict:
    with contextlib.suppress(OSError):
        if str(Path("/proc/self/ns/pid").readlink()) != pid_namespace:
            return True, "numbers of its own"
    os.kill(host_pid, 0)
    return False, "the parent can be sent signals"


def _nested_namespaces() -> Verdict:
    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).unshare(_NEW_USER_NAMESPACE) != 0)
    _, status = os.waitpid(child, 0)
    refused = status != 0
    return refused, "refused" if refused else "user namespaces can be made"


def _memory(limit: int) -> Verdict:
    try:
        taken = bytearray(2 * limit)
    except MemoryError:
        return True, f"refused above {limit} bytes"
    return False, f"{len(taken)} bytes were had"


def _forks(limit: int) -> None:
    """Say how many processes were refused; where none was, wait to be killed for having them."""
    print("tried", flush=True)  # noqa: T201
    children: list[int] = []
    try:
        while len(children) < _FORKS_PER_LIMIT * limit:
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    except OSError:
        print(f"refused after {len(children)}")  # noqa: T201
        return
    signal.alarm(_PATIENCE_S)
    signal.pause()


def _leave_daemon(lock: str) -> None:
    """A twice-forked process of its own session that holds a lock for as long as it lives."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            file = os.open(lock, os.O_RDWR | os.O_CREAT)
            fcntl.flock(file, fcntl.LOCK_EX)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.write(writer, b"1")
            while True:
                signal.pause()
        os._exit(0)
    os.read(reader, 1)


if __name__ == "__main__":
    main()
