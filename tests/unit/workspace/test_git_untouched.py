"""What is the user's stays as it is, and nothing in a repository makes git run a program."""

import asyncio
import contextlib
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository, write

_OURS = ("refs/gatewright", "refs/heads/delivered", "worktrees", "objects")
"""Of `.git`; everything else there is the user's."""


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


def picture(repo: Path) -> dict[str, str]:
    """Every file of the checkout and of `.git`, less what is ours there: mode, time, digest."""
    found = {}
    for folder, _, names in os.walk(repo):
        for path in (Path(folder, name) for name in names):
            relative = path.relative_to(repo)
            inside = relative.relative_to(".git") if relative.parts[0] == ".git" else None
            if inside and any(inside.is_relative_to(ours) for ours in _OURS):
                continue
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            status = path.lstat()
            digest = hashlib.sha256(content).hexdigest()
            found[str(relative)] = f"{status.st_mode:o} {status.st_mtime_ns} {digest}"
    return found


def make_dirty(repo: Path) -> None:
    """Everything that a user may have lying about."""
    git(repo, "checkout", "-qb", "mine")
    git(repo, "tag", "v1")
    (repo / "stashed.txt").write_text("stashed\n")
    git(repo, "add", "stashed.txt")
    git(repo, "stash", "-q")
    (repo / "a.txt").write_text("unstaged\n")
    (repo / "staged.txt").write_text("staged\n")
    git(repo, "add", "staged.txt")
    (repo / "untracked.txt").write_text("untracked\n")
    (repo / ".git" / "info" / "exclude").write_text("ignored.txt\n")
    (repo / "ignored.txt").write_text("ignored\n")
    (repo / ".git" / "hooks" / "post-commit").write_text("#!/bin/sh\nexit 1\n")
    git(repo, "config", "core.logAllRefUpdates", "always")
    git(repo, "config", "core.splitIndex", "true")
    git(repo, "pack-refs", "--all")


async def everything(workspace: GitWorkspace, repo: Path, base: str | None = "HEAD") -> Site:
    """All that a task does, but for `close`."""
    site = await workspace.open("t1", repo, base)
    applied = await workspace.apply(
        site, site.base_commit, write("a.txt", "1\n"), ref="s/1", key="k1", message="m"
    )
    applied = await workspace.apply(
        site, applied.commit, write("src/c.py", "2\n"), ref="s/2", key="k2", message="m"
    )
    await workspace.files(site, applied.commit)
    await workspace.read(site, applied.commit, "a.txt")
    await workspace.diff(site, applied.commit)
    async with workspace.checkout(site, applied.commit):
        pass
    await workspace.deliver(site, applied.commit, "delivered")
    return site


async def test_a_dirty_checkout_is_byte_identical_afterwards(
    workspace: GitWorkspace, repo: Path
) -> None:
    make_dirty(repo)
    before = picture(repo)
    site = await everything(workspace, repo)
    await workspace.close(site)
    await workspace.sweep()
    assert picture(repo) == before


async def test_a_refused_dirty_checkout_is_byte_identical_afterwards(
    workspace: GitWorkspace, repo: Path
) -> None:
    make_dirty(repo)
    os.utime(repo / "src" / "b.py", (1, 1))
    before = picture(repo)
    with pytest.raises(Exception, match="uncommitted changes"):
        await workspace.resolve(repo, None)
    assert picture(repo) == before


async def test_only_our_refs_and_the_branch_are_new(workspace: GitWorkspace, repo: Path) -> None:
    before = git(repo, "for-each-ref", "--format=%(refname)").split()
    await everything(workspace, repo)
    after = git(repo, "for-each-ref", "--format=%(refname)").split()
    assert sorted(set(after) - set(before)) == [
        "refs/gatewright/t1/s/1",
        "refs/gatewright/t1/s/2",
        "refs/heads/delivered",
    ]


async def test_a_closed_task_leaves_no_worktree_behind(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    await workspace.close(await everything(workspace, repo))
    assert not (repo / ".git" / "worktrees").exists()
    assert [p for p in (tmp_path / "home").rglob("*") if not p.is_dir()] == []


_HOOKS = [
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "pre-commit",
    "prepare-commit-msg",
    "reference-transaction",
]


def plant(repo: Path, canary: Path) -> None:
    """Name the canary's maker wherever a repository can name a program."""
    program = canary.with_suffix(".sh")
    program.write_text(f"#!/bin/sh\necho ran >> {canary}\ncat\n")
    program.chmod(0o755)
    for name in _HOOKS:
        (repo / ".git" / "hooks" / name).symlink_to(program)
    for driver in ("evil", "odd=name"):
        for what in ("clean", "smudge", "process"):
            git(repo, "config", f"filter.{driver}.{what}", str(program))
        git(repo, "config", f"filter.{driver}.required", "true")
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.editor",
        "core.pager",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "merge.evil.driver",
        "gpg.program",
        "credential.helper",
        "pager.diff-tree",
        "pager.status",
        "interactive.diffFilter",
        "uploadpack.packObjectsHook",
    ):
        git(repo, "config", key, str(program))
    git(repo, "config", "commit.gpgSign", "true")
    git(repo, "config", "status.submoduleSummary", "true")
    git(repo, "config", "alias.status", f"!{program}")
    git(repo, "config", "alias.cat-file", f"!{program}")
    attributes = "* filter=evil diff=evil merge=evil ident\n*.py filter=odd=name\n"
    (repo / ".git" / "info" / "attributes").write_text(attributes)


async def test_nothing_in_the_repository_names_a_program_that_runs(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    commit(repo, {".gitattributes": "* filter=evil diff=evil export-subst\n"})
    plant(repo, tmp_path / "canary")
    # Other times than in the index: git now has to look at the contents, through the filters.
    for name in ("a.txt", "src/b.py"):
        os.utime(repo / name, (1, 1))
    await workspace.close(await everything(workspace, repo, base=None))
    assert not (tmp_path / "canary").exists()


async def test_the_planted_programs_do_run_under_plain_git(repo: Path, tmp_path: Path) -> None:
    plant(repo, tmp_path / "canary")
    os.utime(repo / "a.txt", (1, 1))
    with contextlib.suppress(subprocess.CalledProcessError):
        git(repo, "status")
    assert (tmp_path / "canary").exists()


async def test_a_worktree_whose_git_file_was_replaced_runs_nothing(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    site = await workspace.open("t1", repo, None)
    worktree = tmp_path / "home" / "worktrees" / "t1"
    evil = make_repository(worktree / "evil")
    (evil / ".git").rename(worktree / "evil.git")
    plant_at = tmp_path / "planted"
    plant_at.mkdir()
    (plant_at / ".git").symlink_to(worktree / "evil.git")
    plant(plant_at, tmp_path / "canary")
    (worktree / ".git").write_text("gitdir: ./evil.git\n")
    (worktree / ".gitattributes").write_text("* filter=evil\n")
    await workspace.close(await everything(workspace, repo))
    assert not (tmp_path / "canary").exists()
    assert git(repo, "show", "delivered:a.txt") == "1"
    assert site.base_commit == head(repo)


async def test_variables_of_git_in_the_environment_are_not_heard(
    workspace: GitWorkspace, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repository(tmp_path / "other", {"other.txt": "other\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git" / "objects"))
    assert await workspace.resolve(repo, None) == head(repo)


async def test_a_partial_clone_fetches_nothing(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo}", "partial")
    partial = tmp_path / "partial"
    program = tmp_path / "canary.sh"
    program.write_text(f"#!/bin/sh\necho ran > {tmp_path / 'canary'}\n")
    program.chmod(0o755)
    git(partial, "config", "remote.origin.uploadpack", str(program))
    git(partial, "config", "protocol.file.allow", "always")
    site = Site(task_id="t1", repo=partial, base_commit=head(partial))
    with pytest.raises(Exception, match="partial clone"):
        await workspace.read(site, site.base_commit, "a.txt")
    assert not (tmp_path / "canary").exists()


async def test_two_tasks_at_once_do_not_meet(workspace: GitWorkspace, repo: Path) -> None:
    async def one(number: int) -> str:
        site = await workspace.open(f"t{number}", repo, None)
        applied = await workspace.apply(
            site,
            site.base_commit,
            write("a.txt", f"{number}\n"),
            ref="s/1",
            key="k",
            message="m",
        )
        await workspace.deliver(site, applied.commit, f"b{number}")
        await workspace.close(site)
        return git(repo, "show", f"b{number}:a.txt")

    assert await asyncio.gather(*map(one, range(4))) == ["0", "1", "2", "3"]
