"""What a kind of sandbox contributes to running a command; `process` does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from gatewright.domain.command import Command, SandboxKind
from gatewright.workspace.sandbox.limits.cgroup import Controller

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
"""The search path inside, unless the command brings its own."""

LANG = "C.UTF-8"

Stop = Literal["kill", "lifeline"]
"""How a tree is ended: SIGKILL to the process that the sandbox reported, which takes all with it,
or closing the descriptor by which the sandbox's supervisor sees that it shall end."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One program to start, outside, that will run the command inside."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Of the outer program; never holds anything of the command's."""
    stop: Stop
    outer_limits: bool
    """Whether `process` lowers the limits of the process that the sandbox reports."""
    hand_over: tuple[int, ...] = ()
    """Descriptors for the outer program; closed on this side once it has started."""
    token: str = ""
    """Stands in the environment of every process of the command; swept for at the end."""
    leftovers: tuple[Path, ...] = ()
    """Directories to be removed when all is over."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What one runner has found out about this machine, for all its commands."""

    folder: Path
    """For the output of running commands; they cannot reach it."""
    controllers: tuple[Controller, ...]
    """Of control groups, that can be used here."""


class Launcher(Protocol):
    """Builds launches for one kind of sandbox.

    The outer program writes `{"child-pid": N}` and a newline to `status_fd`, waits for a byte on
    `go_fd` before it starts the command, and at the end writes `{"exit-code": N}`.
    """

    @property
    def kind(self) -> SandboxKind:
        """As in every `Completed`."""
        ...

    def prepare(self) -> Room:
        """Blocks when first asked."""
        ...

    def launch(self, command: Command, *, status_fd: int, go_fd: int) -> Launch:
        """Blocks on the file system; called off the event loop.

        Raises: SandboxUnavailable, InputError.
        """
        ...

    def remedy(self) -> str:
        """What the user can do when this kind cannot be set up here."""
        ...
