"""Hooks of the repository under a delivery: only where the user asked for them."""

from pathlib import Path

import pytest

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Site
from tests.unit.workspace.delivery.conftest import ACCOUNT, Make, branches, hook, two_steps
from tests.unit.workspace.git_support import git


async def test_hooks_do_not_run_unasked(make: Make, site: Site, tmp_path: Path) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction"):
        hook(site.repo, name, f"touch {tmp_path}/ran; exit 1")
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    assert not (tmp_path / "ran").exists()


async def test_a_hook_sees_the_whole_change_staged(make: Make, site: Site, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    hook(site.repo, "pre-commit", f"git status --porcelain >{seen}; git rev-parse HEAD >>{seen}")
    workspace = make(hooks=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    assert seen.read_text().splitlines() == ["A  step1.txt", "A  step2.txt", site.base_commit]
    assert git(site.repo, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert git(site.repo, "status", "--porcelain") == ""


async def test_a_hook_may_refuse(make: Make, site: Site) -> None:
    hook(site.repo, "pre-commit", "echo not today >&2; exit 1")
    workspace = make(hooks=True)
    _, last = await two_steps(workspace, site)
    with pytest.raises(EnvironmentFault, match=r"deliver\.hooks: pre-commit.* not today"):
        await workspace.publish(site, last, ACCOUNT)
    assert branches(site.repo) == ["main"]


async def test_what_a_hook_makes_of_the_message_is_kept(make: Make, site: Site) -> None:
    hook(site.repo, "commit-msg", 'echo "Change-Id: $$-$(date +%N)" >>"$1"')
    _, last = await two_steps(make(), site)
    made = await make(hooks=True).publish(site, last, ACCOUNT)
    assert await make(hooks=True).publish(site, last, ACCOUNT) == made
    message = git(site.repo, "log", "-1", "--format=%B", made.branch)
    assert message.count("Change-Id: ") == 1


@pytest.mark.parametrize("hooks", [False, True])
async def test_hooks_within_the_command(
    make: Make, site: Site, tmp_path: Path, hooks: bool
) -> None:
    hook(site.repo, "pre-push", f"touch {tmp_path}/ran")
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    push = ("git", "push", "-q", str(tmp_path / "remote.git"), "{branch}")
    workspace = make(kind="pull_request", pull_request=push, hooks=hooks)
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert git(tmp_path / "remote.git", "rev-parse", "gatewright/t1") == made.commit
    assert (tmp_path / "ran").exists() == hooks
