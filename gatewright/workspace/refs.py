"""Refs that only ever come into being: by compare-and-swap, never moved and never deleted."""

import hashlib
import re
from dataclasses import dataclass

from gatewright.domain.errors import InputError, WorkspaceError
from gatewright.workspace.commits import Commit, clean_message, read_commit
from gatewright.workspace.git import Git, GitFailed
from gatewright.workspace.trees import object_id

PRIVATE = "refs/gatewright"
_MOST_CLAIMS = 1000
_PLAIN_KEY = re.compile(r"[A-Za-z0-9._:/@+|=-]{1,200}")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Whose commit it is, and by which key: how a repeated call finds what the first one made."""

    task_id: str
    key: str

    def sign(self, message: str) -> str:
        """The cleaned message with the trailers as its last lines."""
        return f"{clean_message(message)}\n\n{self._trailers}\n"

    def signed(self, commit: Commit) -> bool:
        """The last lines are always ours, whatever the message before them says."""
        return commit.message.endswith(f"\n\n{self._trailers}\n")

    @property
    def _trailers(self) -> str:
        key = self.key
        if not _PLAIN_KEY.fullmatch(key):
            key = f"sha256:{hashlib.sha256(key.encode('utf-8', 'backslashreplace')).hexdigest()}"
        return f"Gatewright-Task: {self.task_id}\nGatewright-Key: {key}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A wish for one commit on a private ref: `ref`, or `ref-2`, `ref-3`, ... if that is taken."""

    git: Git
    ref: str
    mark: Mark
    parent: str

    async def find(self) -> Commit | None:
        """The commit that this mark already has on this parent.

        Raises: WorkspaceError for a name that git does not allow.
        """
        await _check_name(self.git, self.ref)
        found = await self._look()
        return found if isinstance(found, Commit) else None

    async def take(self, oid: str) -> Commit:
        """Point a free ref to the new commit, or find the one that somebody made meanwhile."""
        while True:
            found = await self._look()
            if isinstance(found, Commit):
                return found
            if await create(self.git, found, oid):
                return await read_commit(self.git, oid)

    async def _look(self) -> Commit | str:
        """Our commit, or the first free ref; none of them is ever removed, so there is no gap."""
        for number in range(1, _MOST_CLAIMS):
            name = self.ref if number == 1 else f"{self.ref}-{number}"
            oid = await target(self.git, name)
            if oid is None:
                return name
            commit = await read_commit(self.git, oid)
            if commit.parents == (self.parent,) and self.mark.signed(commit):
                return commit
        raise WorkspaceError(
            f"{self.ref!r} and its numbered followers are taken. Start a new task."
        )


async def create(git: Git, ref: str, oid: str) -> bool:
    """Make the ref point to this commit; False when somebody has made it meanwhile.

    Raises: GitFailed for another reason.
    """
    try:
        await git.run("update-ref", "--no-deref", ref, object_id(oid), "0" * len(oid))
    except GitFailed:
        if await target(git, ref) is None:
            raise
        return False
    return True


async def target(git: Git, ref: str) -> str | None:
    """The object that a ref points to, None when there is no such ref."""
    found = await git.run(
        "rev-parse", "--verify", "--quiet", "--end-of-options", ref, accept=(0, 1)
    )
    return found.line or None


async def create_branch(git: Git, branch: str, oid: str) -> None:
    """Create the branch, or find it there already at this commit.

    Raises: InputError("branch") for a name that git does not allow; WorkspaceError when it is at
    another commit, or cannot be made.
    """
    ref = f"refs/heads/{branch}"
    allowed = not branch.startswith("-") and branch != "HEAD" and "\0" not in branch
    if not allowed or not await _allowed(git, ref):
        raise InputError(
            "branch", branch, "git allows no such branch", "Name it like `gatewright/my-task`."
        )
    if await target(git, ref) is None:
        await _refuse_unborn(git, branch)
        try:
            if await create(git, ref, oid):
                return
        except GitFailed as error:
            raise WorkspaceError(
                f"The branch {branch!r} cannot be made: {error.reason}. Deliver to another name."
            ) from error
    there = await target(git, ref)
    if there != oid:
        raise WorkspaceError(
            f"The branch {branch!r} exists already at {there}, and {oid} was to be delivered. "
            f"Deliver to another name, or rename the old one: git branch -m {branch} {branch}-old"
        )


async def _refuse_unborn(git: Git, branch: str) -> None:
    """A checkout may stand on a branch that does not exist yet; making it would change that one."""
    listing = await git.run("worktree", "list", "--porcelain")
    if f"branch refs/heads/{branch}" in listing.stdout.decode(errors="replace").split("\n"):
        raise WorkspaceError(
            f"A checkout stands on {branch!r}, which has no commit yet. Deliver to another name."
        )


async def _check_name(git: Git, ref: str) -> None:
    if "\0" in ref or not await _allowed(git, ref):
        raise WorkspaceError(f"{ref!r} is no name that git allows for a ref.")


async def _allowed(git: Git, ref: str) -> bool:
    try:
        ref.encode()
    except UnicodeEncodeError:
        return False
    return (await git.run("check-ref-format", ref, accept=(0, 1))).returncode == 0
