"""Whether a change is in somebody's branch though its commit is not: squashed, rebased, picked."""

from typing import NamedTuple

from gatewright.workspace.git import Git
from gatewright.workspace.trees import object_id

_MOST_PATHS = 500
_MOST_CHARACTERS = 64 * 1024
"""Of all paths, which are arguments of a command."""
_MOST_COMMITS = 200
"""Of those that touched the change's files; what is older is not looked at."""
_GONE = b"0" * 6
_USERS = ("--branches", "--tags", "--remotes")


class _File(NamedTuple):
    """What the change made of a path; a mode of zeros: it was removed."""

    mode: bytes
    blob: bytes


async def taken_over(git: Git, commit: str, *, base: str, branch: str) -> bool:
    """Whether a commit of the user's, made after `base`, has each file of the change as it left it.

    `branch`, the change's own, does not count. Later edits of these files do no harm; where they
    came before, nobody can tell by content, and the answer is no. Raises: WorkspaceError.
    """
    files = await _changed(git, base, commit)
    if not 0 < len(files) <= _MOST_PATHS or sum(map(len, files)) > _MOST_CHARACTERS:
        return False
    listed = await git.run(
        "rev-list",
        f"--max-count={_MOST_COMMITS}",
        f"--exclude={branch}",  # of what the next option takes
        *_USERS,
        f"^{object_id(base)}",
        "--",
        *files,
    )
    for candidate in listed.stdout.decode().split():
        if await _files(git, candidate, list(files)) == {
            path: file for path, file in files.items() if file.mode != _GONE
        }:
            return True
    return False


async def _changed(git: Git, base: str, commit: str) -> dict[str, _File]:
    """By path."""
    told = await git.run(
        "diff-tree", "-r", "-z", "--no-renames", object_id(base), object_id(commit), "--"
    )
    words = told.stdout.split(b"\0")
    found = {}
    for head, path in zip(words[::2], words[1::2], strict=False):
        _, mode, _, blob, _ = head.split()
        found[path.decode(errors="surrogateescape")] = _File(mode, blob)
    return found


async def _files(git: Git, commit: str, paths: list[str]) -> dict[str, _File]:
    """Those of the paths that are there."""
    told = await git.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
    found = {}
    for line in told.stdout.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, _, blob = head.split()
        found[path.decode(errors="surrogateescape")] = _File(mode, blob)
    return found
