"""Running git: its failures are named, and it never outlives its caller."""

import asyncio
import os
import select
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
    """`git slow` starts a child of its own and writes down both process ids.

    Then it says so to who reads from the pipe `begun`, where there is one.
    """
    pids = tmp_path / "pids"
    begun = tmp_path / "begun"
    program = f"!sleep 300 & echo $$ $! > {pids}; [ ! -p {begun} ] || echo > {begun}; wait"
    git(repo, "config", "alias.slow", program)
    return Git(cwd=tmp_path, git_dir=repo / ".git")


def alive(pids: list[str]) -> list[str]:
    """Those that do not end in the next seconds: a killed process takes a moment to be gone."""
    return [pid for pid in pids if not _ends(int(pid))]


def _ends(pid: int) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(descriptor) as file:
        return bool(select.select([file], [], [], 5)[0])


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
    os.mkfifo(tmp_path / "begun")
    task = asyncio.create_task(slow.run("slow"))
    await asyncio.to_thread((tmp_path / "begun").read_bytes)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive((tmp_path / "pids").read_text().split()) == []


async def test_a_cancelled_command_that_printed_much_is_gone(repo: Path, tmp_path: Path) -> None:
    # Nobody reads on: asyncio then stops reading, and would wait for the pipe's end for ever.
    pids = tmp_path / "pids"
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    program = f"!head -c 3000000 /dev/zero; echo $$ > {pids}; echo > {begun}; sleep 300"
    git(repo, "config", "alias.loud", program)
    command = Git(cwd=tmp_path, git_dir=repo / ".git")
    task = asyncio.create_task(command.run("loud"))
    await asyncio.to_thread((tmp_path / "begun").read_bytes)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive((tmp_path / "pids").read_text().split()) == []


async def test_a_command_can_be_cancelled_at_any_moment(slow: Git) -> None:
    async with asyncio.timeout(20):
        for moment in range(40):
            task = asyncio.create_task(slow.run("version"))
            for _ in range(moment):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled() or task.result().stdout


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
