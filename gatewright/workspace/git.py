"""Run git so that nothing in a repository can make it run anything else.

A repository's own files and configuration name programs: hooks, fsmonitor, filters, textconv,
external diffs, transports. Code under work that can write a worktree's `.git` file can bring a
configuration of its own. So git is never run bare in a folder that others write to: the git
directory is named explicitly, the user's and the system's configuration stay out, hooks and
monitors are off, no transport is allowed, and content is read raw by `cat-file`, never smudged.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import IO

from gatewright.domain.errors import EnvironmentFault, WorkspaceError
from gatewright.domain.finishing import finish, settle
from gatewright.workspace.child import Child

_TIMEOUT_S = 600.0
_GRACE_S = 2.0
"""For git to remove its lock files after SIGTERM, before SIGKILL."""

_REASON_CHARACTERS = 600

_NOWHERE = "/nonexistent"

_ENVIRONMENT = {
    "HOME": _NOWHERE,
    "XDG_CONFIG_HOME": _NOWHERE,
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # A partial clone would fetch what it lacks; configuration cannot override these two.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
}

_SETTINGS = (
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    f"core.excludesFile={os.devnull}",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.quotePath=false",
    "core.logAllRefUpdates=false",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "i18n.commitEncoding=UTF-8",
    "worktree.useRelativePaths=false",
)


class GitFailed(WorkspaceError):
    """A git command ended with an error."""

    def __init__(self, command: tuple[str, ...], returncode: int, reason: str) -> None:
        self.command = command
        self.returncode = returncode
        self.reason = reason
        super().__init__(f"git {command[0]} failed ({returncode}): {reason or 'no message'}")


class GitTimeout(WorkspaceError):
    """A git command took too long and was killed."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a git command printed, and how it ended."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def line(self) -> str:
        """Standard output without its last newline, for commands that print one value."""
        return os.fsdecode(self.stdout.removesuffix(b"\n"))


@dataclass(frozen=True, kw_only=True)
class Git:
    """Git on one repository.

    Without `git_dir`, git looks for the repository of `cwd` by itself; that is for finding out
    which repository the user's own folder belongs to, and for nothing else.
    """

    cwd: Path
    """A folder without attributes files; git reads `.gitattributes` from where it is started."""
    git_dir: Path | None = None
    work_tree: Path | None = None
    index: Path | None = None
    """A temporary index; the repository's own is never written."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Further settings, passed by environment: their names may hold any character."""

    def using(self, index: Path) -> "Git":
        """The same repository with another index."""
        return replace(self, index=index)

    async def run(
        self,
        *command: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (0,),
        timeout_s: float = _TIMEOUT_S,
    ) -> Output:
        """Run one git command to its end.

        When this is cancelled or takes too long, git's whole process group is gone on return.
        Raises: GitFailed for an exit status that is not accepted; GitTimeout; EnvironmentFault
        where there is no git.
        """
        child = await self._start(command, stdin=stdin, env=env)
        try:
            async with asyncio.timeout(timeout_s):
                await child.ended()
        except TimeoutError:
            await _end(child)
            raise GitTimeout(f"git {command[0]} took longer than {timeout_s:g} s") from None
        except asyncio.CancelledError:
            await _end(child)
            raise
        await finish(child.collect)
        return _checked(command, child, accept=accept)

    async def run_into(self, *command: str, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        """Run a git command between two open files; `stdout` is closed here at its end.

        Raises: as `run` does, but there is no time limit.
        """
        try:
            child = await self._start(command, stdin=stdin, stdout=stdout)
        finally:
            stdout.close()
        try:
            await child.ended()
        except asyncio.CancelledError:
            await _end(child)
            raise
        await finish(child.collect)
        _checked(command, child, accept=(0,))

    async def _start(
        self,
        command: tuple[str, ...],
        *,
        stdin: bytes | IO[bytes],
        stdout: IO[bytes] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Child:
        options = [f"--git-dir={self.git_dir}"] if self.git_dir else []
        if self.work_tree:
            options.append(f"--work-tree={self.work_tree}")
        for setting in _SETTINGS:
            options += ["-c", setting]
        environment = self._environment() | dict(env or {})

        def start() -> Child:
            argv = (_executable(), "--no-pager", *options, *command)
            return Child(argv, cwd=self.cwd, env=environment, stdin=stdin, stdout=stdout)

        starting = asyncio.ensure_future(asyncio.to_thread(start))
        try:
            await settle(starting)
        except asyncio.CancelledError:
            if starting.exception() is None:
                await _end(starting.result())
            raise
        return starting.result()

    def _environment(self) -> dict[str, str]:
        env = dict(_ENVIRONMENT)
        env["PATH"] = os.environ.get("PATH", os.defpath)
        if self.index:
            env["GIT_INDEX_FILE"] = str(self.index)
        env["GIT_CONFIG_COUNT"] = str(len(self.overrides))
        for number, (name, value) in enumerate(self.overrides.items()):
            env[f"GIT_CONFIG_KEY_{number}"] = name
            env[f"GIT_CONFIG_VALUE_{number}"] = value
        return env


@cache
def _executable() -> str:
    found = shutil.which("git")
    if found is None:
        raise EnvironmentFault("git is not installed", "Install it: apt-get install git")
    return str(Path(found).absolute())


def _checked(command: tuple[str, ...], child: Child, *, accept: tuple[int, ...]) -> Output:
    reason = child.stderr.decode("utf-8", errors="replace").strip()
    if child.returncode not in accept:
        raise GitFailed(command, child.returncode, reason[-_REASON_CHARACTERS:])
    return Output(returncode=child.returncode, stdout=child.stdout, stderr=reason)


async def _end(child: Child) -> None:
    """See to it that the process group is gone, however often we are cancelled meanwhile."""
    await settle(asyncio.ensure_future(_kill(child)))


async def _kill(child: Child) -> None:
    # SIGTERM first: git then takes its lock files out of the repository.
    child.signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(child.ended(), _GRACE_S)
    await asyncio.to_thread(child.destroy)
