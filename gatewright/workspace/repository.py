"""Find out which repository a path is, and which commit a base names."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from gatewright.domain.errors import InputError
from gatewright.workspace.git import Git, GitFailed

_MOST_NAMED = 5
_FILTER_KEYS = r"^filter\..*\.(clean|smudge|process|required)$"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository with a checkout of the user's."""

    top: Path
    """The checkout's folder, links resolved."""
    git_dir: Path
    """Of this checkout: its HEAD and index. Differs from `common_dir` in a linked worktree."""
    common_dir: Path
    """Objects, branches and configuration."""
    git: Git
    """On `common_dir`, without a work tree."""


async def find_repository(path: Path, *, cwd: Path) -> Repository:
    """The repository whose top this path is; `cwd` is an empty folder of ours to run git in.

    Raises: InputError("repo") for anything but the top of a checkout that belongs to us.
    """
    if not await asyncio.to_thread(path.is_dir):
        raise InputError("repo", str(path), "no such directory", "Name the top of a checkout.")
    finder = Git(cwd=path)
    try:
        bare, inside = (
            await finder.run("rev-parse", "--is-bare-repository", "--is-inside-work-tree")
        ).stdout.split()
    except GitFailed as error:
        raise _not_found(path, error) from error
    if bare == b"true":
        raise InputError("repo", str(path), "a bare repository", "Name a checkout of it.")
    if inside != b"true":
        raise InputError("repo", str(path), "inside a .git folder", "Name the checkout's top.")
    # One value a call: a path may hold a newline.
    top = Path((await finder.run("rev-parse", "--show-toplevel")).line)
    if top != await asyncio.to_thread(path.resolve):
        raise InputError("repo", str(path), "not the top of its checkout", f"Name {str(top)!r}.")
    git_dir = Path((await finder.run("rev-parse", "--absolute-git-dir")).line)
    common = await finder.run("rev-parse", "--path-format=absolute", "--git-common-dir")
    common_dir = Path(common.line)
    git = Git(cwd=cwd, git_dir=common_dir)
    return Repository(top=top, git_dir=git_dir, common_dir=common_dir, git=git)


async def resolve_base(repository: Repository, base: str | None) -> str:
    """The commit that a base names, as a full object id.

    None is HEAD, and then the checkout must have no uncommitted changes to tracked files; where
    a base is named, they do not matter.
    Raises: InputError("repo") without any commit; InputError("base").
    """
    if base is not None:
        return await _named(repository, base)
    head = await _commit(repository, "HEAD")
    if head is None:
        raise InputError(
            "repo", str(repository.top), "has no commits yet", "Commit something first."
        )
    changed = await _uncommitted(repository)
    if changed:
        more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
        raise InputError(
            "base",
            base,
            f"uncommitted changes in {', '.join(map(repr, changed[:_MOST_NAMED]))}{more}",
            "Commit or stash them, or name a base explicitly (HEAD leaves them out).",
        )
    return head


async def check_commit(repository: Repository, commit: str) -> str:
    """The same object id, if it is a commit here.

    Raises: InputError("base").
    """
    if await _commit(repository, commit) != commit:
        raise InputError(
            "base",
            commit,
            f"no such commit in {str(repository.top)!r}",
            "Fetch it again, or start a new task.",
        )
    return commit


async def _named(repository: Repository, base: str) -> str:
    commit = await _commit(repository, base) if _can_name(base) else None
    if commit is None:
        raise InputError(
            "base",
            base,
            f"names no commit in {str(repository.top)!r}",
            "Name a branch, a tag or a commit that `git log` shows there.",
        )
    return commit


def _can_name(base: str) -> bool:
    """Whether git can be asked; what begins with a dash would be an option."""
    try:
        base.encode()
    except UnicodeEncodeError:
        return False
    return not base.startswith("-") and "\0" not in base


async def _commit(repository: Repository, name: str) -> str | None:
    """Looked up from the user's own checkout: a linked worktree has its own HEAD."""
    git = Git(cwd=repository.git.cwd, git_dir=repository.git_dir)
    command = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    # In two steps: `:/text^{commit}` would look for another text.
    named = await git.run(*command, name, accept=(0, 1))
    if not named.line:
        return None
    return (await git.run(*command, f"{named.line}^{{commit}}", accept=(0, 1, 128))).line or None


async def _uncommitted(repository: Repository) -> list[str]:
    """Tracked paths that differ from HEAD.

    Git compares contents only where size or times differ, in memory. With the filters off, a file
    that git-lfs keeps elsewhere then counts as changed: rare, and naming a base helps.
    """
    git = Git(cwd=repository.git.cwd, git_dir=repository.git_dir)
    overrides = await filters_off(git)
    here = Git(
        cwd=repository.git.cwd,
        git_dir=repository.git_dir,
        work_tree=repository.top,
        overrides=overrides,
    )
    # Submodules are not entered: they have configurations of their own.
    status = await here.run(
        "status", "--porcelain=v1", "-z", "--no-renames", "-uno", "--ignore-submodules=all"
    )
    staged = await here.run(
        "diff-index", "--cached", "--name-only", "-z", "--ignore-submodules=none", "HEAD", "--"
    )
    paths = [entry[3:] for entry in status.stdout.split(b"\0") if entry]
    paths += [path for path in staged.stdout.split(b"\0") if path]
    return [path.decode("utf-8", errors="replace") for path in dict.fromkeys(paths)]


async def filters_off(git: Git) -> dict[str, str]:
    """Settings under which no filter of the repository's configuration runs."""
    found = await git.run(
        "config", "-z", "--name-only", "--get-regexp", _FILTER_KEYS, accept=(0, 1)
    )
    names = [name.decode("utf-8", errors="surrogateescape") for name in found.stdout.split(b"\0")]
    return {name: "false" if name.endswith(".required") else "" for name in names if name}


def _not_found(path: Path, error: GitFailed) -> InputError:
    if "dubious ownership" in error.reason:
        return InputError(
            "repo",
            str(path),
            "belongs to another user, and its configuration could name programs to run",
            "Run as its owner, change its owner, or clone it and name the clone.",
        )
    if "not a git repository" in error.reason:
        return InputError(
            "repo", str(path), "not a git repository", "Run `git init`, or clone one."
        )
    return InputError("repo", str(path), f"git cannot use it: {error.reason}", "Try `git status`.")
