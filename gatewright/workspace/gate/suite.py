"""The check `pytest`: the whole suite on both sides, and what became of each test."""

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import stat
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from gatewright.domain.command import Completed
from gatewright.domain.findings import Frozen
from gatewright.domain.gate import CheckResult
from gatewright.workspace.gate import inside
from gatewright.workspace.gate.bench import Bench, Side, log_tail
from gatewright.workspace.gate.report import Session, read_session
from gatewright.workspace.gate.verdict import judge, merged, uncovered
from gatewright.workspace.toolchain import OWN

_SCRIPT = Path(inside.__file__).parent / "run_pytest.py"
_MOST_BYTES = 128 * 2**20
_COPY = "/repository"
"""Stands for the place of a copy wherever a report names it, for example in a parameter."""

_OPTIONS = (
    "--color=no",
    "--tb=short",
    "--maxfail=0",
    "--continue-on-collection-errors",
)
"""After the repository's own `addopts`: every test is run, whatever the first ones come to."""


class SuiteRun(Frozen):
    """One side's run of the suite."""

    session: Session
    stopped: bool = False
    """By us, for want of time or room; another run may come to more."""
    duration_s: float = 0.0
    log_tail: str = ""


async def check_suite(
    bench: Bench, entries: Sequence[str] | None, *, alone: bool = True
) -> CheckResult:
    """Run both sides and judge them; `entries` as in `GateSpec.pytest`.

    A repository that never had a test may be judged by other checks, unless this one is `alone`.
    """
    async with asyncio.TaskGroup() as group:
        before = group.create_task(_baseline(bench, entries))
        now = group.create_task(_run(bench, "after", entries))
    base, after = before.result(), now.result()
    if entries is None and not alone and _empty(base.session) and _empty(after.session):
        return skipped_suite("the repository has no tests")
    verdict = judge(base.session, after.session, entries, printed=after.log_tail)
    return CheckResult(
        check="pytest",
        status=verdict.status,
        summary=verdict.summary,
        duration_s=base.duration_s + after.duration_s,
        findings=verdict.findings,
        tool_version=after.session.version,
        log_tail=after.log_tail,
    )


def skipped_suite(why: str) -> CheckResult:
    """The result where pytest decides nothing."""
    return CheckResult(check="pytest", status="skipped", summary=why, duration_s=0)


def _empty(session: Session) -> bool:
    return not (session.tests or session.uncollected or session.problem)


async def _baseline(bench: Bench, entries: Sequence[str] | None) -> SuiteRun:
    """The base's outcomes; kept for the next run, unless we had to stop it."""
    script = await asyncio.to_thread(_SCRIPT.read_bytes)
    key = bench.key(
        "pytest",
        entries=sorted(entries or ()),
        options=_OPTIONS,
        script=hashlib.sha256(script).hexdigest(),
    )
    return await bench.baselines.get(
        key,
        SuiteRun,
        compute=lambda: _run(bench, "base", entries),
        keep=lambda run: not run.stopped,
    )


async def _run(bench: Bench, side: Side, entries: Sequence[str] | None) -> SuiteRun:
    """The suite, and then the acceptance tests that the suite's settings leave out."""
    whole = await _pytest(bench, side, ())
    if whole.session.problem is not None:
        return whole
    left_out = [entry.partition("::")[0] for entry in uncovered(entries or (), whole.session)]
    paths = tuple(dict.fromkeys(p for p in left_out if _is_there(p, bench.files[side])))
    if not paths:
        return whole
    more = await _pytest(bench, side, paths)
    return SuiteRun(
        session=merged(whole.session, more.session),
        stopped=more.stopped,
        duration_s=whole.duration_s + more.duration_s,
        log_tail=more.log_tail if more.session.problem else whole.log_tail,
    )


async def _pytest(bench: Bench, side: Side, paths: tuple[str, ...]) -> SuiteRun:
    token = secrets.token_hex(16)
    async with bench.copy(side) as copy, _folder() as folder:
        report = folder / "report.jsonl"
        options = {
            "paths": [".", *bench.roots],
            "args": [*_OPTIONS, f"--rootdir={copy}", *(f"./{path}" for path in paths)],
        }
        completed = await bench.run(
            (
                *(str(bench.toolchain.python), "-s", str(_SCRIPT)),
                *(str(report), str(copy), json.dumps(options)),
            ),
            cwd=copy,
            env=_environment(bench),
            readable=(_SCRIPT.parent,),
            writable=(folder,),
            stdin=f"{token}\n".encode(),
        )
        text = await asyncio.to_thread(_read, report)
    session = read_session(text.replace(str(copy), _COPY), token=token)
    return SuiteRun(
        session=session.model_copy(update={"problem": _problem(bench, completed, session)}),
        stopped=bench.cut_short(completed) is not None,
        duration_s=completed.duration_s,
        log_tail=log_tail(completed).replace(str(copy), _COPY),
    )


def _environment(bench: Bench) -> dict[str, str]:
    environment = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    if bench.toolchain.source == OWN:
        # Our dependencies bring plugins that the repository never asked for.
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return environment


def _problem(bench: Bench, completed: Completed, session: Session) -> str | None:
    stopped = bench.cut_short(completed)
    if stopped is not None:
        return f"pytest {stopped}"
    if session.problem is None and completed.returncode not in (0, 1, 5):
        return f"pytest reported its end, but exited with {completed.returncode}"
    return session.problem


@contextlib.asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """A directory for a report, gone at the end with whatever was put there."""
    made = await asyncio.to_thread(
        tempfile.TemporaryDirectory, prefix="gatewright-", ignore_cleanup_errors=True
    )
    try:
        yield await asyncio.to_thread(Path(made.name).resolve)
    finally:
        await asyncio.to_thread(made.cleanup)


def _read(report: Path) -> str:
    """A file that untrusted code could replace: no link is followed, no pipe is waited for."""
    try:
        descriptor = os.open(report, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        data = file.read(_MOST_BYTES + 1)
    return data.decode("utf-8", "replace") if len(data) <= _MOST_BYTES else "too large\n"


def _is_there(path: str, files: frozenset[str]) -> bool:
    path = path.removeprefix("./").rstrip("/")
    return path in files or any(file.startswith(f"{path}/") for file in files)
