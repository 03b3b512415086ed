"""A small repository, changes to it, and the real gate in the real sandbox."""

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.ports import Runner, Toolchain
from gatewright.domain.task import GateSpec, Site
from gatewright.plans.scheduling.parts import run_parts
from gatewright.workspace.gate.gate import QualityGate
from gatewright.workspace.worktrees import GitWorkspace
from tests.support.toolchains import clean_toolchain

SHOP = {
    "shop.py": "def total(prices):\n    return sum(prices[1:])\n\n\ndef count(prices):\n"
    "    return len(prices)\n",
    "tests/test_total.py": "from shop import total\n\n\ndef test_total():\n"
    "    assert total([1, 2]) == 3\n",
    "tests/test_count.py": "import pytest\n\nfrom shop import count\n\n\n"
    "@pytest.mark.parametrize('many', [0, 2])\ndef test_count(many):\n"
    "    assert count([1] * many) == many\n",
}
"""A repository with one bug, one failing test and two passing ones."""

FIX = {"shop.py": SHOP["shop.py"].replace("prices[1:]", "prices")}


def git(repo: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments],
        cwd=repo,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def commit(repo: Path, files: Mapping[str, str | None]) -> str:
    """Commit these contents on top of HEAD; None deletes."""
    for name, text in files.items():
        path = repo / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "x")
    return git(repo, "rev-parse", "HEAD")


class Counting:
    """A real runner that also notes what it was asked to run."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.commands: list[Command] = []

    @property
    def kind(self) -> SandboxKind:
        return self._runner.kind

    @property
    def label(self) -> str:
        return self._runner.label

    async def run(self, command: Command) -> Completed:
        self.commands.append(command)
        return await self._runner.run(command)


class Shop:
    """A repository under a gate."""

    def __init__(self, folder: Path, files: Mapping[str, str], *, runner: Runner) -> None:
        self.repo = folder / "repo"
        self.repo.mkdir()
        git(self.repo, "init", "-q")
        base = commit(self.repo, files)
        self.site = Site(task_id="t", repo=self.repo, base_commit=base)
        self.runner = Counting(runner)
        self.home = folder / "home"
        self.toolchain: Toolchain = clean_toolchain(self.repo)
        self.heard: list[CheckResult] = []

    def gate(self, *, timeout_s: float = 60) -> QualityGate:
        return QualityGate(
            workspace=GitWorkspace(self.home),
            runner=self.runner,
            toolchain=lambda site: self.toolchain,
            cache=self.home / "baselines",
            timeout_s=timeout_s,
            pipeline=run_parts,
        )

    async def check(
        self, change: Mapping[str, str | None], *, timeout_s: float = 60, **spec: Any
    ) -> GateReport:
        """What the gate says of a commit with this change, on top of the base."""
        after = await asyncio.to_thread(self._commit, change)
        gate = self.gate(timeout_s=timeout_s)
        return await gate.check(self.site, after, GateSpec(**spec), on_check=self.heard.append)

    def _commit(self, change: Mapping[str, str | None]) -> str:
        git(self.repo, "reset", "-q", "--hard", self.site.base_commit)
        return commit(self.repo, change) if change else self.site.base_commit


def of(report: GateReport, check: str) -> CheckResult:
    (result,) = [result for result in report.checks if result.check == check]
    return result
