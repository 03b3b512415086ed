"""The quality gate and the repair engine by themselves, without a task and without a model."""

import asyncio
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatewright.composition import make_gate, make_toolchain
from gatewright.domain.errors import InputError
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.intake import make_task
from gatewright.domain.task import Site
from gatewright.repair.engine import Problem, Repair, repair
from gatewright.sandbox_setup import open_runner
from gatewright.settings import Settings, load_settings
from gatewright.waiting import wait
from gatewright.workspace.snapshot import copy_of_checkout, edited, write_edited
from gatewright.workspace.worktrees import GitWorkspace

OnProgress = Callable[[int, int, str], None]
OnCheck = Callable[[CheckResult], None]


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What the repair engine found for a checkout."""

    repair: Repair
    diff: str
    """Unified; empty when nothing was found."""
    applied: bool
    """Whether the checkout's files were changed."""
    sandbox: str
    environment: str


def check(
    repo: Path | str,
    commit: str = "HEAD",
    *,
    base: str | None = None,
    risk: str = "medium",
    on_check: OnCheck | None = None,
    settings: Settings | None = None,
    **gate: Any,
) -> GateReport:
    """The quality gate's report on a commit, compared with `base` (default: the one before it).

    `gate` are the fields of a task's `gate` section; settings are read as ever unless given.
    Raises: InputError for a field, or for what is no repository or commit; EnvironmentFault.
    """
    work = acheck(repo, commit, base=base, risk=risk, on_check=on_check, settings=settings, **gate)
    return wait(work)


async def acheck(
    repo: Path | str,
    commit: str = "HEAD",
    *,
    base: str | None = None,
    risk: str = "medium",
    on_check: OnCheck | None = None,
    settings: Settings | None = None,
    **gate: Any,
) -> GateReport:
    """See `check`."""
    settings = settings or load_settings()
    # Read as a task is, so that errors read the same.
    asked = make_task({"goal": "check", "repo": str(repo), "risk": risk, "gate": gate})
    top = await asyncio.to_thread(asked.repo.resolve)
    workspace = GitWorkspace(settings.home)
    base_commit = await _resolved(workspace, top, "base", base or f"{commit}^")
    oid = await _resolved(workspace, top, "commit", commit)
    runner = await open_runner(settings)
    site = Site(task_id="gate", repo=top, base_commit=base_commit)
    return await make_gate(settings, workspace, runner).check(
        site, oid, asked.gate, risk=asked.risk, on_check=on_check
    )


def mend(
    repo: Path | str,
    *,
    tests: Sequence[str] = (),
    seconds: float = 60,
    apply: bool = False,
    on_progress: OnProgress = lambda tried, total, what: None,
    settings: Settings | None = None,
) -> Mended:
    """Search a change of a checkout, as it is now, that makes its failing tests pass.

    Without `tests` all of them count. Files are written only with `apply`, and only those of the
    change. Raises: InputError, EnvironmentFault; WorkspaceError when a file was changed meanwhile.
    """
    work = amend(
        repo,
        tests=tests,
        seconds=seconds,
        apply=apply,
        on_progress=on_progress,
        settings=settings,
    )
    return wait(work)


async def amend(
    repo: Path | str,
    *,
    tests: Sequence[str] = (),
    seconds: float = 60,
    apply: bool = False,
    on_progress: OnProgress = lambda tried, total, what: None,
    settings: Settings | None = None,
) -> Mended:
    """See `mend`."""
    settings = settings or load_settings()
    top = await asyncio.to_thread(lambda: Path(repo).expanduser().resolve())
    runner = await open_runner(settings)
    site = Site(task_id="repair", repo=top, base_commit="")
    tools = await asyncio.to_thread(make_toolchain(settings), site)
    async with copy_of_checkout(top) as copy:
        problem = Problem(
            root=copy,
            tests=tuple(tests),
            python=tools.python,
            readable=tools.readable,
            roots=tools.roots,
            max_seconds=seconds,
            max_candidates=settings.limits.repair_candidates,
        )
        found = await repair(problem, runner.run, on_progress)
    files: Mapping[str, tuple[bytes, bytes]] = {}
    if found.changes is not None:
        files = await asyncio.to_thread(edited, top, found.changes)
        if apply:
            await asyncio.to_thread(write_edited, top, files)
    return Mended(
        repair=found,
        diff=as_diff(files),
        applied=apply and bool(files),
        sandbox=runner.label,
        environment=tools.source,
    )


def as_diff(files: Mapping[str, tuple[bytes, bytes]]) -> str:
    """Files before and after as one unified diff that `git apply` takes."""
    parts = []
    for path, texts in files.items():
        before, after = (text.decode("utf-8").splitlines(keepends=True) for text in texts)
        lines = difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
        parts += [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        ]
    return "".join(parts)


async def _resolved(workspace: GitWorkspace, repo: Path, field: str, name: str) -> str:
    try:
        return await workspace.resolve(repo, name)
    except InputError as error:
        if error.field != "base":
            raise
        raise InputError(field, name, error.problem, error.fix) from None
