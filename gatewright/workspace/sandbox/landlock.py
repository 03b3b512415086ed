"""A weaker sandbox for machines without bubblewrap: Landlock, limits, and no capabilities.

Files outside are neither read nor written and TCP is cut, but the command shares the machine's
process numbers (and before Linux 6.12 may send signals to its user's processes), a `.git` inside
the worktree stays writable, modes of foreign files can be changed by their owner, and unix sockets
with a path can be reached. The probe names these.
"""

from pathlib import Path

from gatewright.domain.command import Command, SandboxKind
from gatewright.domain.errors import SandboxUnavailable
from gatewright.workspace.sandbox.landlock_abi import OLDEST_ABI, abi
from gatewright.workspace.sandbox.mounts import visible
from gatewright.workspace.sandbox.supervised import Supervised

_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"),
    *("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf"),
    "/proc/cpuinfo",  # mypy cannot do without
)
"""The rest of /proc is left out: other processes are not listed, nor their environments read."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

UPGRADE = (
    f"Landlock version {OLDEST_ABI} is needed: Linux 6.2 or newer, with `landlock` in the boot "
    "parameter `lsm=`; a container's seccomp profile must allow its system calls."
)


class Landlock(Supervised):
    """A `Runner`; weaker than bubblewrap, and labelled so."""

    kind: SandboxKind = "landlock"
    label = "landlock (weak)"

    def remedy(self) -> str:
        """See `Launcher`."""
        return UPGRADE

    def rules(self, command: Command, own: Path) -> dict[str, list[str]]:
        """See `Supervised`."""
        version = abi()
        if version < OLDEST_ABI:
            found = f"Landlock version {version}" if version else "no Landlock that we may use"
            raise SandboxUnavailable(f"this kernel has {found}", UPGRADE)
        paths = visible(command)
        return {
            "readable": [*_SYSTEM, *map(str, paths.readable)],
            "writable": [*map(str, paths.writable), str(own / "home"), str(own / "tmp")],
            "devices": [*_DEVICES],
        }
