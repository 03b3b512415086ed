"""Which repository a path is, and what a base names: `resolve` and `open`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.domain.errors import InputError, WorkspaceError
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository, write


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


async def refusal(workspace: GitWorkspace, repo: Path, base: str | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        await workspace.resolve(repo, base)
    return caught.value


async def test_head_is_the_base_of_a_clean_checkout(workspace: GitWorkspace, repo: Path) -> None:
    assert await workspace.resolve(repo, None) == head(repo)


@pytest.mark.parametrize("base", ["main", "v1", "HEAD~1", "refs/heads/main", ":/first"])
async def test_whatever_names_a_commit_is_a_base(
    workspace: GitWorkspace, repo: Path, base: str
) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "first")
    git(repo, "tag", "-a", "v1", "-m", "v1")
    git(repo, "commit", "-q", "--allow-empty", "-m", "second")
    assert await workspace.resolve(repo, base) == git(repo, "rev-list", "-1", base)


@pytest.mark.parametrize(
    "base", ["absent", "main:a.txt", "main^{tree}", "--all", "", "a b", "\ud800"]
)
async def test_what_names_no_commit_is_no_base(
    workspace: GitWorkspace, repo: Path, base: str
) -> None:
    error = await refusal(workspace, repo, base)
    assert (error.field, error.value) == ("base", base)


async def test_a_path_that_is_not_there(workspace: GitWorkspace, tmp_path: Path) -> None:
    error = await refusal(workspace, tmp_path / "absent")
    assert (error.field, error.problem) == ("repo", "no such directory")


async def test_a_folder_that_is_no_repository(workspace: GitWorkspace, tmp_path: Path) -> None:
    error = await refusal(workspace, tmp_path)
    assert (error.field, error.problem) == ("repo", "not a git repository")


async def test_a_bare_repository(workspace: GitWorkspace, tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "source").parent / "bare"
    git(tmp_path, "clone", "-q", "--bare", "source", "bare")
    assert (await refusal(workspace, bare)).problem == "a bare repository"


async def test_the_git_folder_itself(workspace: GitWorkspace, repo: Path) -> None:
    assert (await refusal(workspace, repo / ".git")).field == "repo"


async def test_a_folder_below_the_top_is_told_the_top(workspace: GitWorkspace, repo: Path) -> None:
    error = await refusal(workspace, repo / "src")
    assert (error.field, error.fix) == ("repo", f"Name {str(repo)!r}.")


async def test_no_commit_yet(workspace: GitWorkspace, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "empty")
    error = await refusal(workspace, tmp_path / "empty")
    assert (error.field, error.problem) == ("repo", "has no commits yet")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_a_repository_of_another_user(workspace: GitWorkspace, repo: Path) -> None:
    for path in (repo, *repo.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    error = await refusal(workspace, repo)
    assert error.problem.startswith("belongs to another user")


async def test_a_link_to_the_top_is_the_top(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(repo)
    assert await workspace.resolve(tmp_path / "link", None) == head(repo)


def _unstaged(repo: Path) -> None:
    (repo / "a.txt").write_text("changed\n")


def _staged(repo: Path) -> None:
    (repo / "new.txt").write_text("new\n")
    git(repo, "add", "new.txt")


def _staged_then_undone(repo: Path) -> None:
    before = (repo / "a.txt").read_bytes()
    _unstaged(repo)
    git(repo, "add", "a.txt")
    (repo / "a.txt").write_bytes(before)


def _deleted(repo: Path) -> None:
    (repo / "a.txt").unlink()


def _made_executable(repo: Path) -> None:
    (repo / "a.txt").chmod(0o755)


def _staged_submodule(repo: Path) -> None:
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{head(repo)},sub")


@pytest.mark.parametrize(
    "dirty",
    [_unstaged, _staged, _staged_then_undone, _deleted, _made_executable, _staged_submodule],
)
async def test_uncommitted_changes_need_a_named_base(
    workspace: GitWorkspace, repo: Path, dirty: object
) -> None:
    assert callable(dirty)
    dirty(repo)
    error = await refusal(workspace, repo)
    assert error.field == "base"
    assert await workspace.resolve(repo, "HEAD") == head(repo)


async def test_untracked_and_ignored_and_touched_files_are_no_obstacle(
    workspace: GitWorkspace, repo: Path
) -> None:
    (repo / ".git" / "info" / "exclude").write_text("ignored\n")
    (repo / "ignored").write_text("x")
    (repo / "untracked").write_text("x")
    os.utime(repo / "a.txt", (1, 1))
    assert await workspace.resolve(repo, None) == head(repo)


async def test_line_ends_that_git_converts_are_no_change(
    workspace: GitWorkspace, repo: Path
) -> None:
    git(repo, "config", "core.autocrlf", "true")
    (repo / "a.txt").unlink()
    git(repo, "checkout", "a.txt")
    os.utime(repo / "a.txt", (1, 1))
    assert (repo / "a.txt").read_bytes() == b"one\r\ntwo\r\nthree\r\n"
    assert await workspace.resolve(repo, None) == head(repo)


async def test_a_linked_worktree_of_the_user_has_its_own_head(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "-b", "side", str(linked))
    there = commit(linked, {"a.txt": "side\n"})
    site = await workspace.open("t1", linked, None)
    applied = await workspace.apply(
        site, there, write("a.txt", "1\n"), ref="r", key="k", message="m"
    )
    await workspace.deliver(site, applied.commit, "done")
    assert (site.base_commit, git(repo, "rev-parse", "done")) == (there, applied.commit)


async def round_trip(workspace: GitWorkspace, repo: Path) -> str:
    """The new text of a file after everything that a task does."""
    site = await workspace.open("t1", repo, None)
    changes = write("a.txt", "1\n")
    applied = await workspace.apply(site, site.base_commit, changes, ref="r", key="k", message="m")
    async with workspace.checkout(site, applied.commit) as root:
        text = (root / "a.txt").read_text()
    assert "+1" in await workspace.diff(site, applied.commit)
    await workspace.deliver(site, applied.commit, "done")
    await workspace.close(site)
    assert git(repo, "show", "done:a.txt") == "1"
    return text


async def test_a_shallow_clone(workspace: GitWorkspace, repo: Path, tmp_path: Path) -> None:
    commit(repo, {"a.txt": "two\n"})
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    assert await round_trip(workspace, tmp_path / "shallow") == "1\n"


async def test_a_sha256_repository(workspace: GitWorkspace, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "long", init=("--object-format=sha256",))
    assert await round_trip(workspace, repo) == "1\n"


@pytest.mark.parametrize("name", ["with space", "naïve ☃", "new\nline", "-dash", "'\"$(x)"])
async def test_strange_folder_names(tmp_path: Path, name: str) -> None:
    repo = make_repository(tmp_path / name / "repo", {"a.txt": "0\n", f"{name}/x\ty.txt": "x\n"})
    assert await round_trip(GitWorkspace(tmp_path / name / "home"), repo) == "1\n"


async def test_a_repository_that_is_a_submodule_itself(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    outer = make_repository(tmp_path / "outer")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo), "inner")
    assert await round_trip(workspace, outer / "inner") == "1\n"


async def test_submodules_stay_what_they_are(
    workspace: GitWorkspace, repo: Path, tmp_path: Path
) -> None:
    outer = make_repository(tmp_path / "outer")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo), "inner")
    git(outer, "commit", "-qm", "submodule")
    await round_trip(workspace, outer)
    assert git(outer, "rev-parse", "done:inner") == head(repo)


async def test_a_sparse_checkout_loses_no_file(workspace: GitWorkspace, repo: Path) -> None:
    git(repo, "sparse-checkout", "set", "--cone", "--sparse-index", "nowhere")
    await round_trip(workspace, repo)
    assert git(repo, "ls-tree", "-r", "--name-only", "done") == "a.txt\nsrc/b.py"


async def test_a_resumed_task_keeps_its_base(workspace: GitWorkspace, repo: Path) -> None:
    first = await workspace.open("t1", repo, None)
    commit(repo, {"a.txt": "later\n"})
    (repo / "a.txt").write_text("dirty\n")
    assert await workspace.open("t1", repo, None, first.base_commit) == first


async def test_a_resumed_task_whose_base_is_gone(workspace: GitWorkspace, repo: Path) -> None:
    with pytest.raises(InputError, match="no such commit"):
        await workspace.open("t1", repo, None, "1" * 40)


async def test_a_base_commit_that_is_no_object_id(workspace: GitWorkspace, repo: Path) -> None:
    with pytest.raises(WorkspaceError, match="no full object id"):
        await workspace.open("t1", repo, None, "main")


async def test_a_missing_git_is_named_with_its_fix(repo: Path, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from gatewright.workspace.worktrees import GitWorkspace\n"
        "asyncio.run(GitWorkspace(Path(sys.argv[1])).resolve(Path(sys.argv[2]), None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "home"), str(repo)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip().endswith("git is not installed. Install it: apt-get install git")
