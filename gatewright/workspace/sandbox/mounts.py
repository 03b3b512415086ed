"""Which parts of this machine's file system a command sees, as arguments for bubblewrap."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gatewright.domain.command import Command
from gatewright.domain.errors import InputError

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Links into /usr on today's distributions, directories of their own on older ones."""

_CONFIGURATION = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
"""All that is shown of /etc: where libraries and programs are, and the time zone."""

Access = Literal["--bind", "--ro-bind", "--ro-bind-try"]


def system_arguments() -> list[str]:
    """The programs and libraries of the system, read-only."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
    for name in _CONFIGURATION:
        arguments += ["--ro-bind-try", name, name]
    return arguments


@dataclass(frozen=True, kw_only=True)
class Visible:
    """The directories of a command, by every name that they go by."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]


def visible(command: Command) -> Visible:
    """What a command may see; a path in both lists is writable. Blocks.

    Raises: InputError for a path that is not absolute, or would open the whole machine.
    """
    writable = [
        name for path in (command.cwd, *command.writable) for name in _names(path, "writable")
    ]
    readable = [name for path in command.readable for name in _names(path, "readable")]
    return Visible(
        readable=tuple(name for name in dict.fromkeys(readable) if name not in writable),
        writable=tuple(dict.fromkeys(writable)),
    )


def bind_arguments(command: Command) -> list[str]:
    """The command's own directories, a parent before what lies in it. Blocks.

    Raises: InputError, as `visible`.
    """
    paths = visible(command)
    binds: dict[Path, Access] = dict.fromkeys(paths.readable, "--ro-bind-try")
    binds |= dict.fromkeys(paths.writable, "--bind")
    for path in paths.writable:
        binds |= dict.fromkeys(_git(path), "--ro-bind")
    arguments: list[str] = []
    for path in sorted(binds, key=lambda path: (len(path.parts), path)):
        arguments += [binds[path], str(path), str(path)]
    return arguments


def _names(path: Path, field: str) -> Iterator[Path]:
    """A path as given and as the kernel knows it, for programs resolve links."""
    if not path.is_absolute() or ".." in path.parts:
        raise InputError(field, str(path), "not an absolute path", "Resolve the path first.")
    for name in dict.fromkeys((path, path.resolve())):
        if name == Path("/"):
            raise InputError(field, str(path), "opens the whole machine", "Name a directory.")
        yield name


def _git(directory: Path) -> Iterator[Path]:
    git = directory / ".git"
    # A link is left alone: what it leads to is not shown inside, and mounting over it follows it.
    if git.exists() and not git.is_symlink():
        yield git
