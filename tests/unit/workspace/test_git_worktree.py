"""The task's worktree: for a person to look at, always at the newest applied commit."""

import subprocess
from pathlib import Path

import pytest

from gatewright.domain.edit import Applied, ChangeSet, DeleteFile, RenameFile, WriteFile
from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository, write


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


@pytest.fixture
async def site(workspace: GitWorkspace, repo: Path) -> Site:
    return await workspace.open("t1", repo, None)


@pytest.fixture
def worktree(tmp_path: Path, site: Site) -> Path:
    return tmp_path / "home" / "worktrees" / "t1"


async def change(
    workspace: GitWorkspace, site: Site, changes: ChangeSet, *, key: str = "k"
) -> Applied:
    return await workspace.apply(site, site.base_commit, changes, ref="s/1", key=key, message="m")


def clean_at(worktree: Path) -> str:
    """The commit that git takes it to be at, when nothing in it differs from that."""
    assert git(worktree, "status", "--porcelain") == ""
    assert git(worktree, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    return head(worktree)


def registered(repo: Path) -> list[str]:
    """The worktrees that git has a record of."""
    return sorted(path.name for path in (repo / ".git" / "worktrees").iterdir())


async def test_it_begins_at_the_base(site: Site, worktree: Path) -> None:
    assert clean_at(worktree) == site.base_commit


async def test_it_follows_every_applied_commit(
    workspace: GitWorkspace, site: Site, worktree: Path
) -> None:
    edits = (
        WriteFile(path="new/deep.txt", content="new\n"),
        RenameFile(path="src/b.py", to="lib/b.py"),
        DeleteFile(path="a.txt"),
        WriteFile(path="a.txt/inner", content="a folder now\n"),
    )
    first = await change(workspace, site, ChangeSet(edits=edits))
    assert clean_at(worktree) == first.commit
    second = await change(workspace, site, write("b.txt", "other attempt\n"), key="k2")
    assert clean_at(worktree) == second.commit
    assert sorted(p.name for p in worktree.iterdir()) == [".git", "a.txt", "b.txt", "src"]


async def test_opened_again_it_stays_where_it_is(
    workspace: GitWorkspace, site: Site, worktree: Path
) -> None:
    applied = await change(workspace, site, write("a.txt", "1\n"))
    await workspace.open("t1", site.repo, None, site.base_commit)
    assert clean_at(worktree) == applied.commit


async def test_filters_do_not_touch_it(workspace: GitWorkspace, repo: Path, tmp_path: Path) -> None:
    commit(repo, {".gitattributes": "*.big filter=up\n", "x.big": "small\n"})
    git(repo, "config", "filter.up.smudge", "tr a-z A-Z")
    await workspace.open("t1", repo, None)
    assert (tmp_path / "home" / "worktrees" / "t1" / "x.big").read_text() == "small\n"


def _edited(worktree: Path) -> None:
    (worktree / "a.txt").write_text("by hand\n")


def _removed(worktree: Path) -> None:
    (worktree / "a.txt").unlink()


def _folder(worktree: Path) -> None:
    (worktree / "a.txt").unlink()
    (worktree / "a.txt").mkdir()
    (worktree / "a.txt" / "x").write_text("x")


def _in_the_way(worktree: Path) -> None:
    (worktree / "new").mkdir()
    (worktree / "new" / "deep.txt").write_text("in the way\n")


def _git_file_gone(worktree: Path) -> None:
    (worktree / ".git").unlink()


def _all_gone(worktree: Path) -> None:
    subprocess.run(["rm", "-r", str(worktree)], check=True)


def _removed_by_git(worktree: Path) -> None:
    git(worktree, "worktree", "remove", "--force", str(worktree))


@pytest.mark.parametrize(
    "meddle",
    [_edited, _removed, _folder, _in_the_way, _all_gone, _removed_by_git],
)
async def test_it_is_right_again_after_somebody_worked_in_it(
    workspace: GitWorkspace, site: Site, worktree: Path, meddle: object
) -> None:
    assert callable(meddle)
    meddle(worktree)
    edits = (
        WriteFile(path="a.txt", content="1\n"),
        WriteFile(path="new/deep.txt", content="new\n"),
    )
    applied = await change(workspace, site, ChangeSet(edits=edits))
    assert clean_at(worktree) == applied.commit


@pytest.mark.parametrize("name", ["src", "new"])
async def test_a_link_put_there_is_not_written_through(
    workspace: GitWorkspace, site: Site, worktree: Path, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "b.py").write_text("kept\n")
    (worktree / "src").rename(tmp_path / "moved")
    (worktree / name).symlink_to(victim)
    edits = (
        WriteFile(path="src/b.py", content="x = 2\n"),
        WriteFile(path="new/x", content="x\n"),
    )
    applied = await change(workspace, site, ChangeSet(edits=edits))
    assert {p.name: p.read_text() for p in victim.iterdir()} == {"b.py": "kept\n"}
    assert clean_at(worktree) == applied.commit


async def test_a_link_in_its_place_is_not_followed(
    workspace: GitWorkspace, site: Site, worktree: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    worktree.rename(victim)
    worktree.symlink_to(victim)
    await workspace.close(site)
    assert sorted(p.name for p in victim.iterdir()) == [".git", "a.txt", "src"]
    assert not worktree.is_symlink()


async def test_half_made_it_is_made_anew(
    workspace: GitWorkspace, site: Site, worktree: Path
) -> None:
    # As a process leaves it that was killed on the way: the record says so.
    record = worktree.parent / ".records" / "t1.json"
    record.write_text(record.read_text().replace('"complete": true', '"complete": false'))
    (worktree / "src" / "b.py").unlink()
    (worktree / "half.txt").write_text("half\n")
    await workspace.open("t1", site.repo, None, site.base_commit)
    assert clean_at(worktree) == site.base_commit


async def test_without_its_record_it_is_made_anew(
    workspace: GitWorkspace, site: Site, worktree: Path
) -> None:
    (worktree.parent / ".records" / "t1.json").write_text("not json")
    await workspace.open("t1", site.repo, None, site.base_commit)
    assert clean_at(worktree) == site.base_commit
    assert registered(site.repo) == ["t1"]


async def test_closing_leaves_the_users_other_worktrees_alone(
    workspace: GitWorkspace, site: Site, worktree: Path, tmp_path: Path
) -> None:
    git(site.repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    git(site.repo, "worktree", "add", "-q", "-b", "away", str(tmp_path / "away"))
    # On a disk that is not mounted now: `git worktree prune` would forget it.
    (tmp_path / "away").rename(tmp_path / "unmounted")
    await workspace.close(site)
    assert registered(site.repo) == ["away", "side"]
    assert not worktree.exists()


async def test_closing_twice_is_closing_once(workspace: GitWorkspace, site: Site) -> None:
    await workspace.close(site)
    await workspace.close(site)
    assert git(site.repo, "worktree", "list").count("\n") == 0


async def test_closing_does_not_need_the_repository(
    workspace: GitWorkspace, site: Site, worktree: Path, tmp_path: Path
) -> None:
    site.repo.rename(tmp_path / "moved away")
    await workspace.close(site)
    assert not worktree.exists()


async def test_closing_keeps_commits_and_refs(workspace: GitWorkspace, site: Site) -> None:
    applied = await change(workspace, site, write("a.txt", "1\n"))
    await workspace.close(site)
    assert git(site.repo, "rev-parse", "refs/gatewright/t1/s/1") == applied.commit


async def test_the_same_id_on_another_repository_gets_that_ones_files(
    workspace: GitWorkspace, site: Site, worktree: Path, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other", {"other.txt": "other\n"})
    await workspace.open("t1", other, None)
    assert clean_at(worktree) == head(other)
