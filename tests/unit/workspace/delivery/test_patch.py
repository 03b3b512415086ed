"""`GitWorkspace.publish`: a finished task becomes a patch."""

from pathlib import Path

import pytest

from gatewright.domain.errors import WorkspaceError
from gatewright.domain.task import Site
from tests.unit.workspace.delivery.conftest import ACCOUNT, Make, branches, step, two_steps
from tests.unit.workspace.git_support import git


async def test_a_patch_can_be_applied(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(kind="patch", folder=tmp_path / "out")
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    file = tmp_path / "out" / "t1.patch"
    assert (made.words, made.branch, made.commit) == (f"patch {file}", "", last)
    assert branches(site.repo) == ["main"]
    git(site.repo, "am", "-q", str(file))
    assert git(site.repo, "rev-parse", "HEAD^{tree}") == git(
        site.repo, "rev-parse", f"{last}^{{tree}}"
    )


async def test_a_patch_is_written_once(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(kind="patch")
    _, last = await two_steps(workspace, site)
    file = tmp_path / "home" / "patches" / "t1.patch"
    assert await workspace.publish(site, last, ACCOUNT) == await workspace.publish(
        site, last, ACCOUNT
    )
    assert [entry.name for entry in file.parent.iterdir()] == ["t1.patch"]


async def test_another_file_in_the_patchs_place_stays(
    make: Make, site: Site, tmp_path: Path
) -> None:
    workspace = make(kind="patch", folder=tmp_path)
    _, last = await two_steps(workspace, site)
    (tmp_path / "t1.patch").write_text("mine")
    with pytest.raises(WorkspaceError, match="with other content"):
        await workspace.publish(site, last, ACCOUNT)
    assert (tmp_path / "t1.patch").read_text() == "mine"


async def test_a_patch_of_a_merge_is_one_commit(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(kind="patch", folder=tmp_path / "out")
    left = await step(workspace, site, site.base_commit, 1, "one\n")
    right = await step(workspace, site, site.base_commit, 2, "two\n")
    tree = git(site.repo, "merge-tree", "--write-tree", left, right)
    merged = git(site.repo, "commit-tree", tree, "-p", left, "-p", right, "-m", "Both")
    await workspace.publish(site, merged, ACCOUNT)
    git(site.repo, "am", "-q", str(tmp_path / "out" / "t1.patch"))
    assert git(site.repo, "rev-parse", "HEAD^{tree}") == tree
    assert git(site.repo, "rev-parse", "HEAD^") == site.base_commit
