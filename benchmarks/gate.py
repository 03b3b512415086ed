"""What the quality gate adds to the run time of the tools that it runs.

`python -m benchmarks.gate --json`; the last line is one JSON object. Every command in the sandbox
is timed by the clock; while none of them runs, the time is the gate's own: copies of commits, the
comparison with the base, the checks that run nothing. Both figures come from the same run. Copies
are made in memory or, with `--disk`, on disk. With `--watching`, see `gate_watching`.
"""

import argparse
import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gatewright.composition import make_toolchain
from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.gate import GateReport
from gatewright.domain.ports import Runner
from gatewright.domain.task import GateSpec, Risk, Site
from gatewright.plans.scheduling.parts import run_parts
from gatewright.repair.protect import sample_mutants
from gatewright.settings import load_settings
from gatewright.workspace.gate.gate import QualityGate
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.scratch import MEMORY
from gatewright.workspace.worktrees import GitWorkspace

CONFIGURED = "[tool.mypy]\nfiles = ['shop']\n[tool.ruff]\n"


class Timed:
    """A real runner that notes when something was running."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.spans: list[tuple[float, float]] = []

    @property
    def kind(self) -> SandboxKind:
        """As the runner's."""
        return self._runner.kind

    @property
    def label(self) -> str:
        """As the runner's."""
        return self._runner.label

    async def run(self, command: Command) -> Completed:
        """Run and note."""
        started = time.monotonic()
        try:
            return await self._runner.run(command)
        finally:
            self.spans.append((started, time.monotonic()))

    def busy_s(self) -> float:
        """Seconds in which at least one command ran."""
        total, until = 0.0, 0.0
        for start, end in sorted(self.spans):
            total += max(0.0, end - max(start, until))
            until = max(until, end)
        return total


def project(modules: int, tests: int) -> dict[str, str]:
    """A package of so many modules, and so many tests of a few milliseconds."""
    files = {"pyproject.toml": CONFIGURED, "shop/__init__.py": ""}
    for number in range(modules):
        files[f"shop/part{number}.py"] = (
            f'"""Part {number}."""\n\n\ndef price(amount: int) -> int:\n'
            f'    """The price of an amount."""\n    return amount * {number} + 1\n'
        )
    for number in range(max(1, tests // 20)):
        lines = [f"from shop.part{number % modules} import price\n"]
        lines += [
            f"\n\ndef test_{n}():\n    assert price({n}) == {n} * {number % modules} + 1\n"
            f"    assert sum(range(60_000)) > 0\n"
            for n in range(20)
        ]
        files[f"tests/test_{number}.py"] = "".join(lines)
    return files


def git(repo: Path, *arguments: str) -> str:
    """Run git for the benchmark's own repository."""
    return subprocess.run(
        ["git", "-c", "user.name=b", "-c", "user.email=b@localhost", *arguments],
        cwd=repo,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def commit(repo: Path, files: Mapping[str, str]) -> str:
    """Write, add, commit."""
    for name, text in files.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "x")
    return git(repo, "rev-parse", "HEAD")


async def measure(
    name: str,
    files: Mapping[str, str],
    *,
    risk: Risk,
    memory: Path | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """One project: a first gate, one with the base known, and one on an unchanged tree."""
    with tempfile.TemporaryDirectory(prefix="gatewright-bench-") as folder:
        repo = Path(folder) / "repo"
        repo.mkdir()
        git(repo, "init", "-q")
        base = commit(repo, files)
        first = _changed(files, " * 1")
        second = _changed(files, " + 0")
        commits = [commit(repo, change) for change in (first, second)]
        settings = load_settings(home=Path(folder) / "home")
        runner, _ = await choose("auto", scratch=Path(folder) / "scratch")
        timed = Timed(runner)
        site = Site(task_id="bench", repo=repo, base_commit=base)
        # Made once for a machine.
        await asyncio.to_thread(make_toolchain(settings), site)
        gate = QualityGate(
            workspace=GitWorkspace(settings.home),
            runner=timed,
            toolchain=make_toolchain(settings),
            cache=settings.home / "baselines",
            timeout_s=settings.gate.timeout_s,
            pipeline=run_parts,
            mutation=sample_mutants,
            memory=memory,
        )
        rows = {}
        for label, oid in (("first", commits[0]), ("again", commits[1]), ("cached", commits[1])):
            timed.spans.clear()
            started = time.monotonic()
            report = await gate.check(site, oid, GateSpec(), risk=risk)
            rows[label] = _row(report, time.monotonic() - started, timed.busy_s())
            say(f"{name} {label}: {rows[label]}")
        return {"risk": risk, "files": len(files), **rows}


def _changed(files: Mapping[str, str], more: str) -> dict[str, str]:
    path = "shop/part0.py"
    return {path: files[path].replace("+ 1\n", f"+ 1{more}\n")}


def _row(report: GateReport, wall_s: float, busy_s: float) -> dict[str, Any]:
    own = wall_s - busy_s
    return {
        "passed": report.passed,
        "wall_s": round(wall_s, 3),
        "tools_s": round(busy_s, 3),
        "own_s": round(own, 3),
        "own_ratio": round(own / busy_s, 3) if busy_s else None,
        "within_bar": own <= 0.1 * busy_s + 1.0,
    }


async def _all(memory: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    small = await measure("small", project(3, 20), risk="medium", memory=memory, say=say)
    large = await measure("large", project(1500, 600), risk="high", memory=memory, say=say)
    return {"benchmark": "gate", "memory": memory is not None, "small": small, "large": large}


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the last line, one JSON object")
    parser.add_argument("--disk", action="store_true", help="make no copies in memory")
    parser.add_argument("--watching", action="store_true", help="what watching the tests costs")
    parser.add_argument("--rounds", type=int, default=7, help="of --watching")
    options = parser.parse_args()
    say: Callable[[str], None] = (lambda line: None) if options.json else print
    if options.watching:
        # It needs parts of this module.
        from benchmarks.gate_watching import watching  # noqa: PLC0415

        print(json.dumps(asyncio.run(watching(options.rounds, say=say))))
        return
    print(json.dumps(asyncio.run(_all(None if options.disk else MEMORY, say))))


if __name__ == "__main__":
    main()
