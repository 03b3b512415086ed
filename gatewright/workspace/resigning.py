"""The commits of a task made anew for its delivery: the same trees, other messages and author.

The same commits with the same account give the same commits: a delivery that is run again after a
crash makes nothing twice.
"""

from dataclasses import dataclass

from gatewright.domain.delivery import Account
from gatewright.workspace.commits import Commit, read_commit
from gatewright.workspace.delivery_words import (
    last_message,
    step_message,
    take_apart,
    whole_message,
)
from gatewright.workspace.git import Git
from gatewright.workspace.trees import object_id

_LAST_SECOND = 4_102_444_800
"""2100-01-01: git refuses dates that it cannot print."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose commits they are: author and committer alike."""

    name: str = "Gatewright"
    email: str = "gatewright@localhost"


@dataclass(frozen=True, kw_only=True)
class Resigned:
    """What the commits from the base on have become."""

    head: str
    renamed: dict[str, str]
    """By old commit the new one; empty where there was nothing to deliver."""


async def resign(
    git: Git, base: str, head: str, *, account: Account, identity: Identity, one: bool = False
) -> Resigned:
    """Make the commits after `base` anew, or `one` of the same tree as `head` in their place.

    No ref points to them yet. Raises: WorkspaceError.
    """
    old = await _after(git, base, head)
    if not old:
        return Resigned(head=head, renamed={})
    if one:
        new = await _write(
            git, old[-1], parents=(base,), message=whole_message(account), identity=identity
        )
        return Resigned(head=new, renamed={commit.oid: new for commit in old})
    renamed: dict[str, str] = {}
    for commit in old:
        message = last_message if commit.oid == head else step_message
        renamed[commit.oid] = await _write(
            git,
            commit,
            parents=tuple(renamed.get(parent, parent) for parent in commit.parents),
            message=message(account, take_apart(commit.message)),
            identity=identity,
        )
    return Resigned(head=renamed[head], renamed=renamed)


async def reword(git: Git, head: str, message: str, *, identity: Identity) -> str:
    """The same commit with another message; no ref points to it yet. Raises: WorkspaceError."""
    commit = await read_commit(git, head)
    return await _write(git, commit, parents=commit.parents, message=message, identity=identity)


async def is_linear(git: Git, base: str, head: str) -> bool:
    """Whether no commit after the base has two parents."""
    merges = await git.run("rev-list", "--merges", "--max-count=1", _range(base, head), "--")
    return not merges.stdout


async def _after(git: Git, base: str, head: str) -> list[Commit]:
    """Parents first."""
    listing = await git.run("rev-list", "--topo-order", "--reverse", _range(base, head), "--")
    return [await read_commit(git, oid) for oid in listing.stdout.decode("ascii").split()]


def _range(base: str, head: str) -> str:
    return f"{object_id(base)}..{object_id(head)}"


async def _write(
    git: Git, commit: Commit, *, parents: tuple[str, ...], message: str, identity: Identity
) -> str:
    date = f"@{min(max(commit.seconds, 0), _LAST_SECOND)} +0000"
    env = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", identity.name), ("EMAIL", identity.email), ("DATE", date))
    }
    named = [argument for parent in parents for argument in ("-p", parent)]
    made = await git.run(
        "commit-tree", commit.tree, *named, "-F", "-", stdin=message.encode(), env=env
    )
    return made.line
