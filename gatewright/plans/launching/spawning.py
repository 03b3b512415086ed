"""Start one program with its output in files. Standard library only: helpers import it."""

import errno
import os
import signal
from typing import TYPE_CHECKING, NamedTuple, Self

from gatewright.plans.launching.outputs import Output, inherited

if TYPE_CHECKING:
    from gatewright.domain.plan_ports import Spawn

TOKEN = "GATEWRIGHT_PLAN_TOKEN"  # noqa: S105 - the name of a variable
"""The variable that carries an attempt's token."""

_TOKEN = TOKEN.encode()
_NO_INPUT = (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)

_SIGNALS = sorted(
    number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN
)
"""What a helper ignores (the interpreter: SIGPIPE) would stay ignored in the program."""

_APPEND = os.O_WRONLY | os.O_APPEND
_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where programs are looked for when the environment has no PATH."""


class Order(NamedTuple):
    """A program to be started: `gatewright.domain.plan_ports.Spawn` in plain types."""

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    stdout: str
    stderr: str
    token: str
    timeout_s: float | None
    grace_s: float

    @classmethod
    def of(cls, spawn: "Spawn") -> Self:
        """The same, as helpers take it."""
        return cls(
            argv=spawn.argv,
            env=dict(spawn.env),
            cwd=spawn.cwd,
            stdout=str(spawn.stdout),
            stderr=str(spawn.stderr),
            token=spawn.token,
            timeout_s=spawn.timeout_s,
            grace_s=spawn.grace_s,
        )


class Refused(Exception):
    """It could not be started; the text says why, and what to do."""


def start(order: Order, environment: dict[bytes, bytes], outputs: tuple[Output, Output]) -> int:
    """The process id of the program, leader of a session of its own. Changes our own directory.

    Raises: Refused.
    """
    for place in (order.cwd, order.stdout, order.stderr):
        if not place.startswith("/"):  # we are elsewhere than whoever has written it
            raise Refused(f"{_short(place)} is a relative path: begin it with /")
    try:
        os.chdir(order.cwd)
    except (OSError, ValueError) as fault:
        raise Refused(f"cwd {_short(order.cwd)}: {_words(fault)}") from fault
    try:
        opened = [
            _open(output, path)
            for output, path in zip(outputs, (order.stdout, order.stderr), strict=True)
        ]
        return _spawn(order, environment, opened)
    finally:
        os.chdir("/")  # the step's folder may be removed or unmounted later


def unwritable(path: str, fault: OSError | ValueError) -> str:
    """For people: why a step's output cannot be kept."""
    return f"output file {_short(path)}: {_words(fault)}"


def _open(output: Output, path: str) -> int:
    try:
        return output.open(path)
    except (OSError, ValueError) as fault:
        raise Refused(unwritable(path, fault)) from fault


def _spawn(order: Order, common: dict[bytes, bytes], opened: list[int]) -> int:
    if not order.argv:
        raise Refused("argv is empty: name a program")
    name = order.argv[0]
    path = _PATH
    if "/" not in name:
        path = order.env.get("PATH", os.fsdecode(common.get(b"PATH", _PATH)))
        if os.environ.get("PATH") != path:
            os.environ["PATH"] = path  # posix_spawnp looks where we would, not where the step would
    try:
        # What all steps have is in bytes already: the larger part of it need not be encoded anew.
        environment: dict[bytes, bytes | str] = {**common}
        for variable, value in order.env.items():
            environment[variable.encode("utf-8", "surrogateescape")] = value
        environment[_TOKEN] = order.token
        return os.posix_spawnp(
            name,
            order.argv,
            environment,
            file_actions=[
                _NO_INPUT,
                (os.POSIX_SPAWN_OPEN, 1, inherited(opened[0]), _APPEND, 0),
                (os.POSIX_SPAWN_OPEN, 2, inherited(opened[1]), _APPEND, 0),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=_SIGNALS,
        )
    except OSError as fault:
        raise Refused(_why(name, path, fault)) from fault
    except ValueError as fault:  # a NUL, "=" in a variable's name, half a surrogate pair
        raise Refused(f"{_short(name)}: its arguments or environment: {fault}") from fault


def _why(name: str, path: str, fault: OSError) -> str:
    found = name if "/" in name else _on_path(name, path)
    if not found:
        return f"{_short(name)}: no such program on PATH {_short(path)}"
    return f"{_short(found)}: {_words(fault)}{_hint(fault.errno)}"


def _on_path(name: str, path: str) -> str:
    """The program, or else the first file of its name, or nothing."""
    candidates = [f"{folder or '.'}/{name}" for folder in path.split(":")]
    files = [file for file in candidates if os.path.isfile(file)]  # noqa: PTH113
    return next((file for file in files if os.access(file, os.X_OK)), (files or [""])[0])


def _hint(number: int | None) -> str:
    return {
        errno.E2BIG: ": hand long values over in a file",
        errno.ENOEXEC: ": a script needs a first line such as #!/bin/sh",
        errno.ENOENT: ": neither it nor the interpreter in its first line may be missing",
        errno.EACCES: ": make it executable",
        errno.EMFILE: ": raise `ulimit -n`",
        errno.EAGAIN: ": too many processes; raise `ulimit -u` or lower max_concurrency",
    }.get(number or 0, "")


def _words(fault: OSError | ValueError) -> str:
    return (fault.strerror if isinstance(fault, OSError) else None) or str(fault)


def _short(text: str) -> str:
    return repr(text if len(text) <= 200 else text[:197] + "...")
