"""The repository's hooks on what is delivered, where the user asked for them.

They are shown the whole change as if it were about to be committed: a folder with its files, HEAD
at the base, everything staged. That folder is ours and known to git by a git directory beside it,
so that neither the user's checkout nor the repository's list of worktrees knows of it. Hooks may
refuse and may write the message; what they do to files counts for nothing, for it passed no gate.
"""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from gatewright.workspace.git import Git
from gatewright.workspace.leases import lease
from gatewright.workspace.on_disk import write_files
from gatewright.workspace.own_command import run_own
from gatewright.workspace.repository import Repository
from gatewright.workspace.trees import Trees

_SETTING = "deliver.hooks"


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What runs `pre-commit` and `commit-msg`, outside of the sandbox."""

    scratch: Path
    trees: Trees
    timeout_s: float

    async def ask(self, repository: Repository, base: str, commit: str, message: str) -> str:
        """The message as the hooks leave it.

        Raises: EnvironmentFault when one refuses; WorkspaceError.
        """
        async with lease(self.scratch) as folder:
            stage = await self._stage(repository, base, commit, folder)
            await self._run(repository, stage, "pre-commit")
            file = folder / "message"
            await asyncio.to_thread(file.write_text, message, encoding="utf-8")
            await self._run(repository, stage, "commit-msg", str(file))
            return await asyncio.to_thread(file.read_text, encoding="utf-8", errors="replace")

    async def _stage(self, repository: Repository, base: str, commit: str, folder: Path) -> Path:
        own, stage = folder / "git", folder / repository.top.name
        if stage == own:
            stage = folder / "checkout"

        def make() -> None:
            own.mkdir()
            stage.mkdir()
            (own / "HEAD").write_text(f"{base}\n")
            (own / "commondir").write_bytes(bytes(repository.common_dir) + b"\n")
            (stage / ".git").write_bytes(b"gitdir: " + bytes(own) + b"\n")

        await asyncio.to_thread(make)
        tree = await self.trees.of(repository.git, commit)
        await write_files(repository.git, tree, stage)
        staged = Git(cwd=folder, git_dir=own, work_tree=stage)
        await staged.run("read-tree", commit)
        # Without the files' times in the index, hooks would take every file for changed.
        await replace(staged, cwd=stage).run("update-index", "-q", "--refresh", accept=(0, 1))
        return stage

    async def _run(self, repository: Repository, stage: Path, hook: str, *arguments: str) -> None:
        given = ("--", *arguments) if arguments else ()
        await run_own(
            ["git", "hook", "run", "--ignore-missing", hook, *given],
            cwd=stage,
            repo=repository.top,
            values={},
            hooks=True,
            setting=f"{_SETTING}: {hook}",
            timeout_s=self.timeout_s,
        )
