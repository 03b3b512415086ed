"""A site with a repository, workspaces that deliver from it, and two steps to deliver."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.domain.delivery import Account
from gatewright.domain.edit import ChangeSet, WriteFile
from gatewright.domain.task import Site
from gatewright.workspace.delivery import Delivery
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import git, head, make_repository

ACCOUNT = Account(
    task_id="t1",
    goal="Fix the paging bug",
    why="One bound is wrong.",
    steps=("Mend it", "Name it"),
    models={"implementer": ("openai/gpt-5-mini",), "code_reviewer": ("builtin/reviewer",)},
    checks=("pytest passed: 12 passed",),
    gate="passed pytest, ruff (bubblewrap)",
    cost="$0.0123, 1200 tokens",
)
Make = Callable[..., GitWorkspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Workspaces on one home, by how they deliver."""
    return lambda **how: GitWorkspace(tmp_path / "home", delivery=Delivery(**how))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    repo = make_repository(tmp_path / "repo")
    return Site(task_id="t1", repo=repo, base_commit=head(repo))


async def step(workspace: GitWorkspace, site: Site, parent: str, number: int, text: str) -> str:
    """A step's commit, as the implementer makes it."""
    applied = await workspace.apply(
        site,
        parent,
        ChangeSet(edits=(WriteFile(path=f"step{number}.txt", content=text),)),
        ref=f"{number}/1",
        key=f"k{number}",
        message=f"Step {number}\n\nWhat it does.\n\nGatewright-Author: openai/m{number}",
    )
    return applied.commit


async def two_steps(workspace: GitWorkspace, site: Site) -> tuple[str, str]:
    first = await step(workspace, site, site.base_commit, 1, "one\n")
    return first, await step(workspace, site, first, 2, "two\n")


def branches(repo: Path) -> list[str]:
    return git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def hook(repo: Path, name: str, script: str) -> None:
    file = repo / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)
