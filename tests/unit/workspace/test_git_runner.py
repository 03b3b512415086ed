"""Running git: its failures are named, and it never outlives its caller."""

import asyncio
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from gatewright.workspace.git import Git, GitFailed, GitTimeout
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import git, make_repository, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def slow(repo: Path, tmp_path: Path) -> Git:
    """`git slow` starts a child of its own and writes down both process ids."""
    program = f"!sleep 300 & echo $$ $! > {tmp_path}/pids.new; mv {tmp_path}/pids.new {tmp_path}/pids; wait"
    git(repo, "config", "alias.slow", program)
    return Git(cwd=tmp_path, git_dir=repo / ".git")


def alive(pids: list[str]) -> list[str]:
    """Those that run; a zombie has ended, and is somebody else's to collect."""
    states = {}
    for pid in pids:
        try:
            states[pid] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            states[pid] = "gone"
    return [pid for pid, state in states.items() if state not in ("Z", "gone")]


async def test_a_failure_says_what_git_said(repo: Path) -> None:
    with pytest.raises(GitFailed) as caught:
        await Git(cwd=repo, git_dir=repo / ".git").run("cat-file", "commit", "absent")
    assert (caught.value.command[0], caught.value.returncode) == ("cat-file", 128)
    assert "Not a valid object name absent" in caught.value.reason


async def test_too_long_a_command_is_killed_with_its_children(slow: Git, tmp_path: Path) -> None:
    with pytest.raises(GitTimeout, match=r"git slow took longer than 1 s"):
        await slow.run("slow", timeout_s=1)
    assert alive((tmp_path / "pids").read_text().split()) == []


async def test_a_cancelled_command_is_killed_with_its_children(slow: Git, tmp_path: Path) -> None:
    task = asyncio.create_task(slow.run("slow"))
    while not (tmp_path / "pids").exists():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive((tmp_path / "pids").read_text().split()) == []


async def test_nothing_blocks_the_event_loop(repo: Path, tmp_path: Path) -> None:
    workspace = GitWorkspace(tmp_path / "home")
    with blockbuster_ctx():
        site = await workspace.open("t1", repo, None)
        applied = await workspace.apply(
            site, site.base_commit, write("a.txt", "1\n"), ref="r", key="k", message="m"
        )
        async with workspace.checkout(site, applied.commit):
            pass
        await workspace.diff(site, applied.commit)
        await workspace.deliver(site, applied.commit, "done")
        await workspace.close(site)
        await workspace.sweep()
