"""The default sandbox: bubblewrap, with every namespace of its own and no network.

Inside: the system's programs read-only, an `/etc` of stubs, a small `/dev`, a new `/proc`, a
private `/tmp` and an empty home in memory, the command's own directories at their own paths,
and nothing else of this machine. What bubblewrap leaves writable is made read-only last.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.errors import SandboxUnavailable
from gatewright.workspace.sandbox import process
from gatewright.workspace.sandbox.guardian import guarded
from gatewright.workspace.sandbox.launch import LANG, PATH, Launch, Room
from gatewright.workspace.sandbox.limits.cgroup import Controller, tidy, usable_controllers
from gatewright.workspace.sandbox.mounts import bind_arguments, system_arguments
from gatewright.workspace.sandbox.remedy import INSTALL, namespaces_fix
from gatewright.workspace.sandbox.sweep import TOKEN
from gatewright.workspace.sandbox.unfinished import end_unfinished

HOSTNAME = "gatewright"
"""Of every sandbox of ours, and the mark by which an unfinished one is known."""

HOME = "/home/sandbox"
"""Empty at the start of each command."""

_TMP_BYTES = 512 * 2**20
_HOME_BYTES = 64 * 2**20
_SHM_BYTES = 64 * 2**20
_NOBODY = 65534

_INIT = f'unset {TOKEN}; exec 9>&2 2>/dev/null; (exec "$@" 2>&9 9>&-); exit $?'
"""The init of the sandbox: starts the program, collects orphans while it runs, and ends with its
code, upon which the kernel kills the rest before bubblewrap sees the end. (bubblewrap's own init
reports the end first and dies later.) Its stderr is closed to keep `Killed` out of the output.
It alone has our token in its environment: its end is the end of all."""

_STUBS = {
    "/etc/passwd": f"sandbox:x:{_NOBODY}:{_NOBODY}:sandbox:{HOME}:/bin/sh\n",
    "/etc/group": f"sandbox:x:{_NOBODY}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


@dataclass(frozen=True, kw_only=True)
class Tool:
    """The bubblewrap that is installed."""

    path: str
    version: str
    options: frozenset[str]
    """As its `--help` lists them."""


class Bubblewrap:
    """A `Runner`. Makes nothing and checks nothing until the first command."""

    kind: SandboxKind = "bubblewrap"
    label = "bubblewrap"

    def __init__(
        self,
        *,
        scratch: Path | None = None,
        search_path: str | None = None,
        controllers: tuple[Controller, ...] | None = None,
    ) -> None:
        """`scratch` holds the output while a command runs; it must not be writable inside.

        `search_path` is where `bwrap` is looked for, like PATH; by default, PATH.
        `controllers` are the control groups to use; by default, what can be used here.
        """
        self._scratch = scratch
        self._controllers = controllers
        self._search_path = search_path

    async def run(self, command: Command) -> Completed:
        """Run to the end, the limit or the timeout; nothing of it is alive on return.

        Raises: SandboxUnavailable when there is no bubblewrap, or it cannot work here.
        """
        return await process.run(self, command)

    def prepare(self) -> Room:
        """Where the output goes, and the control groups that can be used. Blocks."""
        return self._room

    @cached_property
    def _room(self) -> Room:
        folder = self._scratch or Path(tempfile.gettempdir())
        folder.mkdir(parents=True, exist_ok=True)
        end_unfinished(HOSTNAME)
        controllers = self._controllers
        if controllers is None:
            controllers = usable_controllers()
            tidy(controllers)
        return Room(folder=folder, controllers=controllers)

    @cached_property
    def tool(self) -> Tool:
        """The installed bubblewrap. Blocks when first asked.

        Raises: SandboxUnavailable when there is none.
        """
        return find_tool(self._search_path)

    def launch(self, command: Command, *, status_fd: int, go_fd: int) -> Launch:
        """See `Launcher`."""
        tool = self.tool
        ours = guarded()
        stubs = {path: _memory_file(text) for path, text in _STUBS.items()}
        argv = [tool.path, *_isolation(tool), *_file_systems(tool)]
        for path, descriptor in stubs.items():
            argv += ["--ro-bind-data", str(descriptor), path]
        argv += bind_arguments(command)
        # /dev is a file system in memory of its own, so it would take files of any size. To /proc
        # our user is who it is outside: started by root, code could set kernel.core_pattern,
        # without any capability, and so have a program of its own run as root outside.
        for path in ("/dev", "/proc", "/"):
            argv += ["--remount-ro", path]
        argv += ["--chdir", str(command.cwd), "--clearenv"]
        for name, value in (_environment(command) | ours).items():
            argv += ["--setenv", name, value]
        argv += ["--json-status-fd", str(status_fd), "--block-fd", str(go_fd)]
        argv += ["--", "/bin/sh", "-c", _INIT, "sandbox", *command.argv]
        return Launch(
            argv=tuple(argv),
            env={"PATH": PATH, **ours},
            stop="kill",
            outer_limits=True,
            hand_over=tuple(stubs.values()),
        )

    def remedy(self) -> str:
        """See `Launcher`."""
        return namespaces_fix()


def find_tool(search_path: str | None = None) -> Tool:
    """Look for bubblewrap and ask it what it can. Blocks.

    Raises: SandboxUnavailable.
    """
    path = shutil.which("bwrap", path=search_path)
    if path is None:
        raise SandboxUnavailable("bubblewrap is not installed (no `bwrap` on PATH)", INSTALL)
    try:
        version, usage = (
            subprocess.run(
                [path, option], capture_output=True, text=True, check=True, timeout=30
            ).stdout
            for option in ("--version", "--help")
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxUnavailable(f"{path!r} does not run: {error}", INSTALL) from error
    words = (line.split() for line in usage.splitlines())
    return Tool(
        path=path,
        version=version.split()[-1],
        options=frozenset(line[0] for line in words if line and line[0].startswith("--")),
    )


def _isolation(tool: Tool) -> list[str]:
    arguments = [
        "--unshare-user",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
        *("--uid", str(_NOBODY), "--gid", str(_NOBODY)),
        *("--hostname", HOSTNAME),
        *("--cap-drop", "ALL"),
        "--new-session",
        "--die-with-parent",
        "--as-pid-1",
    ]
    if "--disable-userns" in tool.options:
        arguments.append("--disable-userns")
    return arguments


def _file_systems(tool: Tool) -> list[str]:
    def memory(path: str, size: int) -> list[str]:
        bounded = ["--size", str(size)] if "--size" in tool.options else []
        return [*bounded, "--tmpfs", path]

    return [
        *system_arguments(),
        *("--proc", "/proc", "--dev", "/dev"),
        *memory("/dev/shm", _SHM_BYTES),  # noqa: S108 - inside the sandbox
        *memory("/tmp", _TMP_BYTES),  # noqa: S108
        *memory(HOME, _HOME_BYTES),
    ]


def _environment(command: Command) -> dict[str, str]:
    return {"PATH": PATH, "HOME": HOME, "TMPDIR": "/tmp", "LANG": LANG} | dict(command.env)  # noqa: S108


def _memory_file(text: str) -> int:
    descriptor = os.memfd_create("stub")
    os.write(descriptor, text.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
