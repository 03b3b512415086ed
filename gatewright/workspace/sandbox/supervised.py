"""What Landlock and no sandbox have in common: a supervisor, a folder of one's own, a token."""

import json
import os
import secrets
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

import gatewright
from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.workspace.sandbox import process
from gatewright.workspace.sandbox.launch import LANG, PATH, Launch, Room
from gatewright.workspace.sandbox.limits.cgroup import Controller, tidy, usable_controllers
from gatewright.workspace.sandbox.limits.rlimits import rlimits
from gatewright.workspace.sandbox.mounts import visible
from gatewright.workspace.sandbox.sweep import TOKEN, remove

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from gatewright.workspace.sandbox.supervisor import main; main(int(sys.argv[2]))"
)


class Supervised:
    """Base of the runners that have no namespaces; subclasses say what confines the command."""

    kind: SandboxKind
    label: str

    def __init__(
        self, *, scratch: Path | None = None, controllers: tuple[Controller, ...] | None = None
    ) -> None:
        """`scratch` holds each command's home, its tmp and its output while it runs.

        `controllers` are the control groups to use; by default, what can be used here.
        """
        self._scratch = scratch
        self._controllers = controllers

    async def run(self, command: Command) -> Completed:
        """Run to the end, the limit or the timeout; nothing of it is alive on return.

        Raises: SandboxUnavailable when the kernel refuses the confinement.
        """
        return await process.run(self, command)

    def rules(self, command: Command, own: Path) -> dict[str, list[str]] | None:
        """What the supervisor confines the command to; None for nothing. Blocks.

        `own` holds its home and its tmp. Raises: SandboxUnavailable.
        """
        raise NotImplementedError

    def remedy(self) -> str:
        """See `Launcher`."""
        return f"{sys.executable!r} must be able to start another of itself."

    def prepare(self) -> Room:
        """See `Launcher`."""
        return self._room

    @cached_property
    def _room(self) -> Room:
        folder = self._scratch or Path(tempfile.gettempdir())
        folder.mkdir(parents=True, exist_ok=True)
        controllers = self._controllers
        if controllers is None:
            controllers = usable_controllers()
            tidy(controllers)
        return Room(folder=folder, controllers=controllers)

    def launch(self, command: Command, *, status_fd: int, go_fd: int) -> Launch:
        """See `Launcher`."""
        visible(command)
        own = Path(tempfile.mkdtemp(prefix="gatewright-", dir=self._room.folder))
        try:
            return self._launch(command, own, status_fd=status_fd, go_fd=go_fd)
        except BaseException:
            remove(own)
            raise

    def _launch(self, command: Command, own: Path, *, status_fd: int, go_fd: int) -> Launch:
        home, tmp = own / "home", own / "tmp"
        home.mkdir()
        tmp.mkdir()
        token = secrets.token_hex(16)
        inside = {"PATH": PATH, "HOME": str(home), "TMPDIR": str(tmp), "LANG": LANG}
        config = {
            "argv": command.argv,
            "cwd": str(command.cwd),
            "env": inside | dict(command.env) | {TOKEN: token},
            "limits": [(kind, *values) for kind, values in rlimits(command.limits).items()],
            "landlock": self.rules(command, own),
            "status_fd": status_fd,
            "go_fd": go_fd,
        }
        config_fd = _memory_file(config)
        packages = str(Path(gatewright.__file__).parents[1])
        return Launch(
            argv=(sys.executable, "-I", "-S", "-c", _START, packages, str(config_fd)),
            env={"PATH": PATH},
            stop="lifeline",
            outer_limits=False,
            hand_over=(config_fd,),
            token=token,
            leftovers=(own,),
        )


def _memory_file(config: dict[str, Any]) -> int:
    descriptor = os.memfd_create("config")
    with os.fdopen(os.dup(descriptor), "w") as file:
        json.dump(config, file)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
