"""The `Workspace` port on git: private commits, a worktree to look at, a branch at the end."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gatewright.domain.delivery import Account, Delivered
from gatewright.domain.edit import Applied, ChangeSet, Conflict, Merged
from gatewright.domain.errors import EditRefused
from gatewright.domain.findings import Finding
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Site
from gatewright.workspace import leases, scratch
from gatewright.workspace.changing import edited_files, new_files
from gatewright.workspace.commits import Commit, compare, read_commit, write_commit
from gatewright.workspace.delivery import Courier, Delivery
from gatewright.workspace.delivery_words import take_apart
from gatewright.workspace.git import Git
from gatewright.workspace.merging import merge_trees
from gatewright.workspace.on_disk import write_files
from gatewright.workspace.refs import PRIVATE, Claim, Mark, create_branch
from gatewright.workspace.repository import (
    Repository,
    check_commit,
    find_repository,
    resolve_base,
)
from gatewright.workspace.task_worktree import TaskWorktree
from gatewright.workspace.trees import Trees, object_id, read_contents

_PLAIN_BRANCH = Delivery()
_BOM = b"\xef\xbb\xbf"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class GitWorkspace:
    """Implements `gatewright.domain.ports.Workspace`.

    The user's checkout, index, HEAD, branches, configuration and untracked files are never
    touched. Any number of processes may share a home.
    """

    def __init__(self, home: Path, *, delivery: Delivery = _PLAIN_BRANCH) -> None:
        """`home` is absolute; worktrees and scratch folders are made below it when needed."""
        self._worktrees = home / "worktrees"
        self._scratch = home / "scratch" / "git"
        self._trees = Trees()
        self._courier = Courier(delivery, home=home, scratch=self._scratch, trees=self._trees)
        self._known: dict[Path, Repository] = {}

    async def resolve(self, repo: Path, base: str | None) -> str:
        """The commit that a task on this base would start from; nothing is made.

        Raises: InputError as `open` does.
        """
        return await resolve_base(await self._find(repo), base)

    async def open(self, task_id: str, repo: Path, base: str | None, base_commit: str = "") -> Site:
        """Resolve the base, and make the task's worktree unless it is there.

        With `base_commit` (a resumed task) the base is not resolved anew.
        Raises: InputError for a path that is no repository, a base that is no commit, or a base
        that was not named while the checkout has uncommitted changes; WorkspaceError.
        """
        repository = await self._find(repo)
        if base_commit:
            commit = await check_commit(repository, object_id(base_commit))
        else:
            commit = await resolve_base(repository, base)
        site = Site(task_id=task_id, repo=repo, base_commit=commit)
        await self._worktree(site).ensure(repository, commit)
        return site

    async def tree(self, site: Site, commit: str) -> str:
        """The object id of a commit's tree: the same for the same files."""
        return (await read_commit(await self._git(site), object_id(commit))).tree

    async def files(self, site: Site, commit: str) -> Sequence[str]:
        """Paths of the regular files of a commit, sorted; those that are not UTF-8 are left out."""
        tree = await self._trees.of(await self._git(site), commit)
        return sorted(path for path, entry in tree.items() if entry.regular and _speakable(path))

    async def read(self, site: Site, commit: str, path: str) -> SourceFile | None:
        """A text file of a commit; None when there is none, or it is binary or not UTF-8."""
        git = await self._git(site)
        entry = (await self._trees.of(git, commit)).get(path)
        if entry is None or not entry.regular:
            return None
        data = (await read_contents(git, [entry.oid]))[entry.oid]
        if b"\0" in data:
            return None
        encoding = "utf-8-sig" if data.startswith(_BOM) else "utf-8"
        try:
            return SourceFile(path=path, text=data.decode(encoding), encoding=encoding)
        except UnicodeDecodeError:
            return None

    async def apply(
        self,
        site: Site,
        parent: str,
        changes: ChangeSet,
        *,
        ref: str,
        key: str,
        message: str,
        show: bool = True,
    ) -> Applied:
        """Apply all edits on top of `parent` and commit to `refs/gatewright/<task>/<ref>`.

        The same `key` on the same parent a second time gives the first one's commit; a ref that
        another key has taken gets a number. Nothing is written when an edit is refused. With
        `show`, the task's worktree is brought to it.
        Raises: EditRefused (EditMismatch, UnsafePath); WorkspaceError.
        """
        repository = await self._repository(site.repo)
        git = repository.git
        start = await read_commit(git, parent)
        claim = Claim(
            git=git,
            ref=f"{PRIVATE}/{site.task_id}/{ref}",
            mark=Mark(task_id=site.task_id, key=key),
            parent=parent,
        )
        made = await claim.find()
        if made is not None:
            notes = await self._notes(git, parent, changes)
        else:
            edited = await edited_files(git, await self._trees.of(git, parent), changes)
            notes = edited.notes
            if not edited.files:
                if show:
                    await self._worktree(site).bring(repository, parent)
                return _unchanged(start, notes)
            signed = claim.mark.sign(message)
            oid = await write_commit(
                git, start, new_files(edited), message=signed, scratch=self._scratch
            )
            made = await claim.take(oid)
        if show:
            await self._worktree(site).bring(repository, made.oid)
        return await _applied(git, parent, made, notes)

    async def merge(
        self, site: Site, head: str, commit: str, *, parent: str, ref: str, key: str
    ) -> Merged:
        """Make what `commit` changed of its `parent` anew on top of `head`, with its message.

        `head` descends from `parent`; where it is that, `commit` itself is the result. Nothing is
        written where both changed the same lines. The same `key` a second time gives the first
        one's commit. The task's worktree is brought to the result.
        Raises: WorkspaceError.
        """
        repository = await self._repository(site.repo)
        git = repository.git
        made = await read_commit(git, object_id(commit))
        if head != parent:
            claim = Claim(
                git=git,
                ref=f"{PRIVATE}/{site.task_id}/{ref}",
                mark=Mark(task_id=site.task_id, key=key),
                parent=object_id(head),
            )
            found = await claim.find() or await self._merged(claim, parent, made)
            if isinstance(found, tuple):
                return Merged(applied=None, conflicts=found)
            made = found
        await self._worktree(site).bring(repository, made.oid)
        if made.oid == head:
            return Merged(applied=_unchanged(made, ()))
        return Merged(applied=await _applied(git, head, made, ()))

    async def _merged(
        self, claim: Claim, parent: str, made: Commit
    ) -> Commit | tuple[Conflict, ...]:
        """The change of a commit on the claim's parent, which itself it is if nothing is left."""
        git = claim.git
        base, ours, theirs = [
            await self._trees.of(git, commit) for commit in (parent, claim.parent, made.oid)
        ]
        merge = await merge_trees(git, base, ours, theirs, scratch=self._scratch)
        if merge.conflicts:
            return tuple(merge.conflicts)
        head = await read_commit(git, claim.parent)
        if not merge.files:
            return head
        said = take_apart(made.message)
        author = f"\n\nGatewright-Author: {said.author}" if said.author else ""
        message = claim.mark.sign(said.text + author)
        oid = await write_commit(git, head, merge.files, message=message, scratch=self._scratch)
        return await claim.take(oid)

    @asynccontextmanager
    async def checkout(self, site: Site, commit: str) -> AsyncIterator[Path]:
        """A disposable copy of a commit's files, without `.git`, gone at the end.

        Files are raw, links are links and are not followed, submodules are empty folders.
        """
        repository = await self._repository(site.repo)
        tree = await self._trees.of(repository.git, commit)
        # Some projects are imported by the name of their folder.
        name = repository.top.name
        async with leases.lease(self._scratch) as folder:
            root = folder / (name if _PLAIN_NAME.fullmatch(name) else "checkout")
            await asyncio.to_thread(root.mkdir, mode=0o700)
            await write_files(repository.git, tree, root)
            yield root

    async def diff(self, site: Site, commit: str, *, since: str | None = None) -> str:
        """A unified diff from `since` (default: the base) to `commit`, renames detected."""
        git = await self._git(site)
        output = await git.run(
            "diff-tree",
            "-r",
            "-p",
            "-M",
            "-U3",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--submodule=short",
            "--ignore-submodules=none",
            object_id(since or site.base_commit),
            object_id(commit),
            "--",
        )
        return output.stdout.decode("utf-8", errors="replace")

    async def deliver(self, site: Site, commit: str, branch: str) -> None:
        """Create the branch, or find it there already at this commit.

        Raises: WorkspaceError when the branch exists and is at another commit; InputError for a
        name that git does not allow.
        """
        await create_branch(await self._git(site), branch, object_id(commit))

    async def publish(self, site: Site, commit: str, account: Account) -> Delivered:
        """Deliver a finished task as the settings say, with an account of it in the messages.

        The commits are made anew for that, with the same trees. A second time, what the first
        one made is found.
        Raises: WorkspaceError when a name is taken; InputError for a name that git does not allow;
        EnvironmentFault when the user's own command fails.
        """
        repository = await self._repository(site.repo)
        return await self._courier.deliver(repository, site, object_id(commit), account)

    async def close(self, site: Site) -> None:
        """Remove the task's worktree; refs and commits stay."""
        await self._worktree(site).remove()

    async def sweep(self) -> None:
        """Remove disposable copies whose processes are gone; those of living ones stay."""
        await leases.sweep(self._scratch)
        await scratch.sweep()

    async def _notes(self, git: Git, parent: str, changes: ChangeSet) -> tuple[Finding, ...]:
        """What `apply` noted the first time; nothing, if it is called with other edits now."""
        try:
            return (await edited_files(git, await self._trees.of(git, parent), changes)).notes
        except EditRefused:
            return ()

    def _worktree(self, site: Site) -> TaskWorktree:
        return TaskWorktree(self._worktrees, site.task_id, self._trees)

    async def _git(self, site: Site) -> Git:
        return (await self._repository(site.repo)).git

    async def _repository(self, repo: Path) -> Repository:
        return self._known.get(repo) or await self._find(repo)

    async def _find(self, repo: Path) -> Repository:
        await asyncio.to_thread(self._scratch.mkdir, mode=0o700, parents=True, exist_ok=True)
        self._known[repo] = await find_repository(repo, cwd=self._scratch)
        return self._known[repo]


async def _applied(git: Git, parent: str, made: Commit, notes: tuple[Finding, ...]) -> Applied:
    difference = await compare(git, parent, made.oid)
    return Applied(
        commit=made.oid,
        tree=made.tree,
        files=difference.files,
        lines_added=difference.lines_added,
        lines_deleted=difference.lines_deleted,
        notes=notes,
    )


def _unchanged(parent: Commit, notes: tuple[Finding, ...]) -> Applied:
    return Applied(
        commit=parent.oid,
        tree=parent.tree,
        files=(),
        lines_added=0,
        lines_deleted=0,
        unchanged=True,
        notes=notes,
    )


def _speakable(path: str) -> bool:
    return path.isprintable() or not any("\ud800" <= character <= "\udfff" for character in path)
