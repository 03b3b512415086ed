"""A command to be run in the sandbox, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SandboxKind = Literal["bubblewrap", "landlock", "none"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one command and all its children may use."""

    cpu_s: int = 600
    memory_bytes: int = 4 * 2**30
    """Of address space, per process."""
    processes: int = 256
    file_bytes: int = 512 * 2**20
    """The largest file that may be written."""
    output_bytes: int = 64 * 2**20
    """Of stdout and stderr each; a command that prints more is killed."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program with its arguments, and what it may see of this machine."""

    argv: tuple[str, ...]
    cwd: Path
    """A directory of ours; writable inside the sandbox, at the same path."""
    timeout_s: float
    env: Mapping[str, str] = field(default_factory=dict)
    """The whole environment, besides PATH, HOME, TMPDIR and LANG, which the sandbox sets."""
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    """Shown read-only at the same path, besides the system's /usr, /lib and the like."""
    stdin: bytes = b""
    limits: Limits = Limits()


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a command ended."""

    returncode: int
    """Negative: killed by that signal."""
    stdout: str
    """The last 256 KiB, undecodable bytes replaced."""
    stderr: str
    duration_s: float
    timed_out: bool = False
    output_exceeded: bool = False
    cpu_s: float | None = None
    max_rss_bytes: int | None = None
    sandbox: SandboxKind
