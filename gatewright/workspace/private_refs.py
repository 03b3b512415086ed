"""The private refs of tasks that are over: what they still hold, and how they go.

As long as a task is not over none of its refs goes away: by them a repeated call finds its commit.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gatewright.workspace.git import Git
from gatewright.workspace.refs import PRIVATE
from gatewright.workspace.repository import find_repository
from gatewright.workspace.trees import object_id


class PrivateRef(NamedTuple):
    """A commit that is kept for a task."""

    name: str
    oid: str


class PrivateRefs:
    """Those of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git

    @classmethod
    async def of(cls, repo: Path, *, cwd: Path) -> "PrivateRefs":
        """`cwd` is an empty folder of ours. Raises: InputError("repo") for what is none."""
        return cls((await find_repository(repo, cwd=cwd)).git)

    async def by_task(self) -> dict[str, list[PrivateRef]]:
        """All of them; of other homes as well. Raises: WorkspaceError."""
        listed = await self._git.run(
            "for-each-ref", "--format=%(refname) %(objectname)", f"{PRIVATE}/"
        )
        found: dict[str, list[PrivateRef]] = {}
        for line in listed.stdout.decode(errors="surrogateescape").splitlines():
            name, _, oid = line.rpartition(" ")
            task_id = name.removeprefix(f"{PRIVATE}/").partition("/")[0]
            found.setdefault(task_id, []).append(PrivateRef(name, oid))
        return found

    async def unmerged(self, commits: Sequence[str]) -> bool:
        """Whether any of these commits is on no branch and no tag of the user's.

        Raises: WorkspaceError, for one when a commit is not here.
        """
        if not commits:
            return False
        users = ("--not", "--branches", "--tags", "--remotes", "--not")
        ours = (object_id(commit) for commit in dict.fromkeys(commits))
        left = await self._git.run("rev-list", "--max-count=1", *users, *ours, "--")
        return bool(left.stdout)

    async def remove(self, refs: Sequence[PrivateRef]) -> None:
        """All or none, and none that has moved meanwhile; their commits are git's to collect.

        Raises: WorkspaceError.
        """
        lines = "".join(f"delete {ref.name} {object_id(ref.oid)}\n" for ref in refs)
        await self._git.run(
            "update-ref",
            "--no-deref",
            "--stdin",
            stdin=lines.encode(errors="surrogateescape"),
        )
