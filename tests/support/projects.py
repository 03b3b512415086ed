"""Real git repositories to work on, and a picture of one that shows whether it was touched."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from gatewright.sample_repo import make_sample


def sample_task(folder: Path, **fields: Any) -> dict[str, Any]:
    """The bundled sample as a repository in a folder, and its task."""
    return {**make_sample(folder), **fields}


def git(repo: Path, *arguments: str) -> str:
    """Plain git in a repository that the test made itself."""
    return subprocess.run(
        ["git", *arguments], cwd=repo, check=True, capture_output=True, text=True
    ).stdout


def make_dirty(repo: Path) -> None:
    """Staged, unstaged, untracked and ignored changes, on a branch of the user's own."""
    git(repo, "checkout", "-qb", "mine")
    (repo / "README.md").write_text((repo / "README.md").read_text() + "unstaged\n")
    (repo / "staged.txt").write_text("staged\n")
    git(repo, "add", "staged.txt")
    (repo / "untracked.txt").write_text("untracked\n")
    (repo / ".git" / "info" / "exclude").write_text("ignored.txt\n")
    (repo / "ignored.txt").write_text("ignored\n")


def picture(repo: Path) -> dict[str, str]:
    """Every file of the checkout and what of `.git` is the user's, by path, as a digest.

    Left out: objects, our private refs and branches, and git's record of our worktrees.
    """
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(repo):
        here = Path(folder).relative_to(repo)
        if here == Path(".git"):
            folders[:] = [name for name in folders if name not in ("objects", "worktrees")]
        if here == Path(".git/refs"):
            folders[:] = [name for name in folders if name != "gatewright"]
        if here in (Path(".git/refs/heads"), Path(".git/logs/refs/heads")):
            folders[:] = [name for name in folders if name != "gatewright"]
        for name in files:
            path = Path(folder) / name
            content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            mode = oct(path.lstat().st_mode)
            found[str(here / name)] = f"{mode} {hashlib.sha256(content).hexdigest()}"
    return found
