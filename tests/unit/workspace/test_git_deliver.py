"""`GitWorkspace.deliver`: a branch comes into being, and none is ever moved."""

from pathlib import Path

import pytest

from gatewright.domain.errors import InputError, WorkspaceError
from gatewright.domain.task import Site
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "home")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    repo = make_repository(tmp_path / "repo")
    return Site(task_id="t1", repo=repo, base_commit=head(repo))


async def test_the_branch_is_at_the_commit(workspace: GitWorkspace, site: Site) -> None:
    await workspace.deliver(site, site.base_commit, "gatewright/t1")
    assert git(site.repo, "rev-parse", "refs/heads/gatewright/t1") == site.base_commit


async def test_delivering_twice_is_delivering_once(workspace: GitWorkspace, site: Site) -> None:
    await workspace.deliver(site, site.base_commit, "gatewright/t1")
    await workspace.deliver(site, site.base_commit, "gatewright/t1")
    assert git(site.repo, "for-each-ref", "--format=%(refname)", "refs/heads").split() == [
        "refs/heads/gatewright/t1",
        "refs/heads/main",
    ]


async def test_a_branch_at_another_commit_is_not_moved(workspace: GitWorkspace, site: Site) -> None:
    there = commit(site.repo, {"a.txt": "later\n"})
    with pytest.raises(WorkspaceError) as caught:
        await workspace.deliver(site, site.base_commit, "main")
    assert head(site.repo) == there
    assert there in str(caught.value)
    assert site.base_commit in str(caught.value)
    assert "git branch -m main main-old" in str(caught.value)


@pytest.mark.parametrize(
    "branch", ["", "-x", "HEAD", "a..b", "a b", "x.lock", "/x", "a\0b", "@{-1}", "\ud800", "a\nb"]
)
async def test_a_name_that_git_does_not_allow(
    workspace: GitWorkspace, site: Site, branch: str
) -> None:
    with pytest.raises(InputError) as caught:
        await workspace.deliver(site, site.base_commit, branch)
    assert (caught.value.field, caught.value.value) == ("branch", branch)


async def test_a_branch_in_the_way_of_the_name(workspace: GitWorkspace, site: Site) -> None:
    git(site.repo, "branch", "gatewright")
    with pytest.raises(WorkspaceError, match="'gatewright/t1' cannot be made"):
        await workspace.deliver(site, site.base_commit, "gatewright/t1")


async def test_a_checkout_on_that_unborn_branch_is_left_alone(
    workspace: GitWorkspace, site: Site
) -> None:
    git(site.repo, "checkout", "-q", "--orphan", "fresh")
    with pytest.raises(WorkspaceError, match="has no commit yet"):
        await workspace.deliver(site, site.base_commit, "fresh")


async def test_what_is_no_commit_is_not_delivered(workspace: GitWorkspace, site: Site) -> None:
    tree = git(site.repo, "rev-parse", "HEAD^{tree}")
    with pytest.raises(WorkspaceError):
        await workspace.deliver(site, tree, "done")
    assert git(site.repo, "branch", "--list", "done") == ""
