"""The place where one gate run does its work: fresh copies, and commands in the sandbox."""

import asyncio
import json
import math
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gatewright.domain.command import Command, Completed, Limits
from gatewright.domain.finishing import finish
from gatewright.domain.policy import Policy
from gatewright.domain.ports import Runner, Toolchain
from gatewright.domain.secret_forms import redact
from gatewright.domain.task import GateSpec, Site
from gatewright.workspace.gate.baselines import Baselines
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.guard import Guard, enforce
from gatewright.workspace.scratch import Scratch
from gatewright.workspace.temporary import temporary_folder

Side = Literal["base", "after"]
"""The base commit, or the change with the base's tests and configuration put back."""

_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every check of one run shares."""

    toolchain: Toolchain
    site: Site
    base: Path
    """A copy of the base that no command ever sees."""
    after: Path
    """A copy of the change as it is, that no command ever sees."""
    base_tree: str
    guard: Guard
    policy: Policy
    spec: GateSpec
    changes: tuple[FileChange, ...]
    """What the commit does to the base, protected files included."""
    files: Mapping[Side, frozenset[str]]
    """Paths of each side, as they are checked."""
    roots: tuple[str, ...]
    """Directories of the repository that belong on the import path, besides its top."""
    versions: Mapping[str, str]
    """What is installed in the toolchain's environment."""
    timeout_s: float
    slots: asyncio.Semaphore
    """Commands in the sandbox at a time."""
    place: Scratch
    """Where copies are made; swept with what is in it should we not come to the end."""
    copying: asyncio.Semaphore
    """Copies that are made at a time: one after the other, so that the first tool starts early."""
    baselines: Baselines
    shared: dict[Side, Path] = field(default_factory=dict)
    """What `shared_copy` has made."""

    @property
    def runner(self) -> Runner:
        """Of commands in the copies."""
        return self.place.runner

    @asynccontextmanager
    async def copy(self, side: Side) -> AsyncIterator[Path]:
        """A disposable copy of one side; what runs in it may do to it what it likes."""
        async with AsyncExitStack() as stack:
            with self.place.making():
                # No prefix: pytest puts no names above 100 characters into ids.
                made = await stack.enter_async_context(
                    temporary_folder(prefix="", place=self.place.folder)
                )
            async with self.copying:
                with self.place.making():
                    copy = await finish(lambda: self._copied(side, made))
            yield copy

    async def shared_copy(self, side: Side) -> Path:
        """One copy of a side for all tools that run nothing of it; gone with the bench."""
        async with self.copying:
            if side in self.shared:
                return self.shared[side]
            with self.place.making():
                folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="", dir=self.place.folder)
                self.shared[side] = await finish(lambda: self._copied(side, Path(folder)))
        return self.shared[side]

    def _copied(self, side: Side, folder: Path) -> Path:
        """From the copy that nothing has run in: far quicker than from git."""
        source = self.base if side == "base" else self.after
        copy = folder / source.name  # some projects are imported by the name of their folder
        shutil.copytree(source, copy, symlinks=True)
        if side == "after":
            enforce(self.guard, base=self.base, copy=copy)
        # As the kernel knows it, for programs resolve links and we look for this name again.
        return copy.resolve()

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        readable: tuple[Path, ...] = (),
        writable: tuple[Path, ...] = (),
        stdin: bytes = b"",
    ) -> Completed:
        """Run one command in the sandbox, as soon as there is room for it.

        Raises: SandboxUnavailable.
        """
        command = Command(
            argv=argv,
            cwd=cwd,
            timeout_s=self.timeout_s,
            env=env or {},
            readable=(*self.toolchain.readable, *readable),
            writable=writable,
            stdin=stdin,
            limits=Limits(cpu_s=max(Limits.cpu_s, 2 * math.ceil(self.timeout_s))),
        )
        async with self.slots:
            return await self.runner.run(command)

    def environment(self, copy: Path) -> dict[str, str]:
        """The repository's environment as if it were activated, for commands of the task."""
        return {
            "PATH": f"{self.toolchain.python.parent}{os.pathsep}{_PATH}",
            "PYTHONPATH": os.pathsep.join(str(copy / root) for root in self.roots),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
        }

    def key(self, check: str, **more: object) -> dict[str, object]:
        """What the outcome of a check on the base depends on."""
        return {
            "check": check,
            # Not the whole path: what it holds is named by the base. But some projects are
            # imported by the name of their folder.
            "folder": self.site.repo.name,
            "base": self.base_tree,
            "python": str(self.toolchain.python),
            "source": self.toolchain.source,
            "installed": json.dumps(self.versions, sort_keys=True),
            "roots": self.roots,
            "sandbox": self.runner.label,
            # Folders list their files in another order there.
            "memory": self.place.in_memory,
            **more,
        }

    def cut_short(self, completed: Completed) -> str | None:
        """Why a command did not end by itself; None when it did."""
        if completed.timed_out:
            return f"did not end within {self.timeout_s:g} s and was stopped"
        if completed.output_exceeded:
            return "printed more than it may and was stopped"
        if completed.returncode < 0:
            return f"was killed by signal {-completed.returncode} (a limit on CPU or memory?)"
        return None


def log_tail(completed: Completed, *, lines: int = 40, characters: int = 4000) -> str:
    """The end of what a command printed, for a person."""
    parts = [part.strip() for part in (completed.stdout, completed.stderr)]
    text = "\n".join(part for part in parts if part)
    # A secret that is cut in two is not known for one, so this is done with some room.
    text = redact(text[-4 * characters :]).text
    return "\n".join(text.splitlines()[-lines:])[-characters:]
