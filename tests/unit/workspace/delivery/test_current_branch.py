"""The user's own branch follows a delivery, where they asked for that."""

import pytest

from gatewright.domain.edit import ChangeSet, WriteFile
from gatewright.domain.task import Site
from tests.unit.workspace.delivery.conftest import ACCOUNT, Make, two_steps
from tests.unit.workspace.git_support import commit, git, head


async def test_the_checkout_follows_where_that_was_asked(make: Make, site: Site) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    (site.repo / "untracked.txt").write_text("mine\n")
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.endswith("; main was moved there as well")
    assert head(site.repo) == made.commit
    assert git(site.repo, "status", "--porcelain") == "?? untracked.txt"
    assert (site.repo / "step2.txt").read_text() == "two\n"


async def test_following_again_changes_nothing(make: Make, site: Site) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.endswith("; main is there as well")


async def test_following_goes_on_after_a_crash_before_the_branch_moved(
    make: Make, site: Site
) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    git(site.repo, "update-ref", "refs/heads/main", site.base_commit)
    made = await workspace.publish(site, last, ACCOUNT)
    assert (head(site.repo), git(site.repo, "status", "--porcelain")) == (made.commit, "")


@pytest.mark.parametrize("way", ["changed", "untracked"])
async def test_nothing_of_the_users_is_overwritten(make: Make, site: Site, way: str) -> None:
    workspace = make(current_branch=True)
    applied = await workspace.apply(
        site,
        site.base_commit,
        ChangeSet(
            edits=(
                WriteFile(path="a.txt", content="ours\n"),
                WriteFile(path="new.txt", content="ours\n"),
            )
        ),
        ref="1/1",
        key="k",
        message="Change",
    )
    mine = site.repo / ("a.txt" if way == "changed" else "new.txt")
    mine.write_text("mine\n")
    made = await workspace.publish(site, applied.commit, ACCOUNT)
    assert "main stays as it is" in made.words
    assert (head(site.repo), mine.read_text()) == (site.base_commit, "mine\n")


async def test_a_branch_that_has_gone_on_stays(make: Make, site: Site) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    later = commit(site.repo, {"later.txt": "x\n"})
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.endswith("; main has gone on meanwhile and stays as it is")
    assert head(site.repo) == later


async def test_a_checkout_on_no_branch_stays(make: Make, site: Site) -> None:
    git(site.repo, "checkout", "-q", "--detach")
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert "stands on no branch" in made.words
    assert head(site.repo) == site.base_commit
