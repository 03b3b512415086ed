"""What the gate's watching of a test run costs: plain pytest and the gate's, in the same sandbox.

`python -m benchmarks.gate --watching`. Suites of this project, as ordinary as any: plain functions,
parameters, hypothesis. Both ways run in turns, each in a fresh copy, with the same options. Seconds
are of the processor, start of Python included: those of the clock depend on who else is at work.
"""

import asyncio
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.gate import git
from gatewright.composition import make_gate
from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.ports import Runner
from gatewright.domain.task import GateSpec, Site
from gatewright.settings import load_settings
from gatewright.workspace.gate.bench import Bench, log_tail
from gatewright.workspace.gate.runs import OPTIONS, Ask, run_pytest
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.worktrees import GitWorkspace

ROOT = Path(__file__).resolve().parents[1]

EDITS = tuple(
    f"tests/unit/workspace/test_edits_{name}.py" for name in ("apply", "match", "paths", "text")
)
SUITES = {
    "records and routing": ("tests/unit/domain", "tests/unit/routing"),
    "edits": EDITS,
    "static checks": ("tests/unit/workspace/test_static_introspection.py",),
}

_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


class Metered:
    """A real runner that notes the processor time of its last command."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.cpu_s = 0.0

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
        done = await self._runner.run(command)
        if done.cpu_s is None:
            raise SystemExit(
                f"the sandbox {self.label!r} does not tell processor time; use another"
            )
        self.cpu_s = done.cpu_s
        return done


async def watching(rounds: int, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Each suite so many times both ways."""
    with tempfile.TemporaryDirectory(prefix="gatewright-bench-") as folder:
        runner, _ = await choose("auto", scratch=Path(folder) / "scratch")
        metered = Metered(runner)
        async with _bench(Path(folder), metered) as bench:
            suites = {}
            for name, paths in SUITES.items():
                suites[name] = await _compare(bench, metered, paths, rounds)
                say(f"watching {name}: {suites[name]}")
    return {"benchmark": "gate_watching", "rounds": rounds, "suites": suites}


async def _compare(
    bench: Bench, metered: Metered, paths: Sequence[str], rounds: int
) -> dict[str, Any]:
    plain: list[float] = []
    watched: list[float] = []
    tests = 0
    for number in range(rounds + 1):
        await _plain(bench, paths)
        alone = metered.cpu_s
        run = await run_pytest(bench, "after", Ask(paths=tuple(paths)))
        if run.session.problem is not None:
            raise SystemExit(f"{paths}: {run.session.problem}\n{run.log_tail}")
        tests = len(run.session.tests)
        if number:  # the first ones warm the caches
            plain.append(alone)
            watched.append(metered.cpu_s)
    return {
        "tests": tests,
        "plain_cpu_s": round(statistics.median(plain), 3),
        "watched_cpu_s": round(statistics.median(watched), 3),
        "ratio": round(statistics.median(watched) / statistics.median(plain), 3),
        "ratio_of_quickest": round(min(watched) / min(plain), 3),
    }


async def _plain(bench: Bench, paths: Sequence[str]) -> None:
    async with bench.copy("after") as copy:
        done = await bench.run(
            (
                *(str(bench.toolchain.python), "-s", "-m", "pytest"),
                *OPTIONS,
                f"--rootdir={copy}",
                *(f"./{path}" for path in paths),
            ),
            cwd=copy,
            env=_ENVIRONMENT,
        )
    if done.returncode:
        raise SystemExit(f"{paths}: pytest exited with {done.returncode}\n{log_tail(done)}")


@asynccontextmanager
async def _bench(folder: Path, runner: Runner) -> AsyncIterator[Bench]:
    """The gate's own, for the last commit of this project."""
    repo = folder / "gatewright"
    await asyncio.to_thread(_copy, repo)
    base = git(repo, "rev-parse", "HEAD")
    settings = load_settings(home=folder / "home")
    gate_settings = settings.gate.model_copy(update={"python": Path(sys.executable)})
    settings = settings.model_copy(update={"gate": gate_settings})
    gate = make_gate(settings, GitWorkspace(settings.home), runner)
    site = Site(task_id="bench", repo=repo, base_commit=base)
    case = await gate._case(site, base, GateSpec(), "medium", ())
    async with gate._bench(case) as bench:
        yield bench


def _copy(repo: Path) -> None:
    """The last commit's files: those of today may be half written."""
    git(ROOT, "archive", "--prefix=gatewright/", "--output", f"{repo}.tar", "HEAD")
    shutil.unpack_archive(f"{repo}.tar", repo.parent, filter="data")
    git(repo, "init", "-q")
    git(repo, "add", "-A", "-f")
    git(repo, "commit", "-qm", "x")
