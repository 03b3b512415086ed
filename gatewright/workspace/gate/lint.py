"""The checks `mypy` and `ruff`: no finding that the base did not have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gatewright.domain.findings import Finding, Frozen
from gatewright.domain.gate import CheckResult
from gatewright.workspace.gate.bench import Bench, Side, log_tail
from gatewright.workspace.gate.compare import capped, new_findings
from gatewright.workspace.gate.configured import configured
from gatewright.workspace.gate.linters import Linter, arguments, hear
from gatewright.workspace.gate.written import MOST_BYTES, run_whole
from gatewright.workspace.toolchain import Tool, find_tool

_PRINTED = 8000
"""Characters of the end of an answer, for a person."""


class Linted(Frozen):
    """One run of a linter."""

    findings: tuple[Finding, ...] = ()
    problem: str | None = None
    stopped: bool = False
    """By us, for want of time or room; another run may come to more."""
    duration_s: float = 0.0
    log_tail: str = ""


async def check_lint(bench: Bench, linter: Linter, *, wanted: bool | None) -> CheckResult:
    """Run on both sides and compare; `wanted` None means: if the base has a configuration of it."""
    if wanted is False:
        return _skipped(linter, "the task asks for none")
    if wanted is None and not await asyncio.to_thread(configured, bench.base, linter):
        return _skipped(linter, "not configured in the repository")
    tool = await asyncio.to_thread(find_tool, bench.toolchain, linter)
    if tool.version is None:
        return _missing(linter, wanted=wanted is True)
    argv = await asyncio.to_thread(
        lambda: arguments(linter, tool, python=bench.toolchain.python, base=bench.base)
    )
    async with asyncio.TaskGroup() as group:
        before = group.create_task(_baseline(bench, linter, tool, argv))
        now = group.create_task(_lint(bench, linter, "after", argv))
    return _judge(bench, linter, tool, before=before.result(), now=now.result(), wanted=wanted)


async def _baseline(bench: Bench, linter: Linter, tool: Tool, argv: tuple[str, ...]) -> Linted:
    """The base's findings; kept for the next run, but for runs that came to nothing."""
    return await bench.baselines.get(
        bench.key(linter, argv=argv, version=tool.version),
        Linted,
        compute=lambda: _lint(bench, linter, "base", argv),
        keep=lambda linted: linted.problem is None,
    )


async def _lint(bench: Bench, linter: Linter, side: Side, argv: tuple[str, ...]) -> Linted:
    async with _place(bench, linter, side) as copy:
        completed, stdout = await run_whole(
            bench, argv, cwd=copy, env={"PYTHONDONTWRITEBYTECODE": "1"}
        )
        heard = hear(
            linter,
            stdout=(stdout or "").replace(f"{copy}/", ""),
            stderr=completed.stderr,
            code=completed.returncode,
        )
    stopped = bench.cut_short(completed)
    if stopped is None and stdout is None:
        stopped = f"printed more than {MOST_BYTES / 2**20:g} MiB"
    completed = replace(completed, stdout=(stdout or "")[-_PRINTED:])
    return Linted(
        findings=heard.findings,
        problem=f"{linter} {stopped}" if stopped else heard.problem,
        stopped=stopped is not None,
        duration_s=completed.duration_s,
        log_tail=log_tail(completed) if stopped or heard.problem else "",
    )


@asynccontextmanager
async def _place(bench: Bench, linter: Linter, side: Side) -> AsyncIterator[Path]:
    """Where a linter runs: mypy's plugins are code, that of the repository too; ruff has none."""
    if linter == "ruff":
        yield await bench.shared_copy(side)
        return
    async with bench.copy(side) as copy:
        yield copy


def _judge(
    bench: Bench, linter: Linter, tool: Tool, *, before: Linted, now: Linted, wanted: bool | None
) -> CheckResult:
    def result(status: str, summary: str, findings: tuple[Finding, ...] = ()) -> CheckResult:
        return CheckResult.model_validate(
            {
                "check": linter,
                "status": status,
                "summary": summary,
                "duration_s": before.duration_s + now.duration_s,
                "findings": capped(findings),
                "tool_version": tool.version,
                "log_tail": now.log_tail,
            }
        )

    gone = bench.files["base"] - bench.files["after"]
    new = new_findings(before.findings, now.findings, gone=gone)
    if now.problem is not None:
        if before.problem is not None and wanted is None and not new:
            return result("skipped", f"does not run on the base either: {before.problem}")
        return result("error", now.problem, new or (Finding(check=linter, message=now.problem),))
    if before.problem is not None and now.findings:
        summary = f"cannot be compared: on the base {before.problem}"
        if before.stopped:
            return result("error", summary, (Finding(check=linter, message=summary),))
        return result("passed", summary)
    if new:
        return result("failed", _count(len(new), "new finding"), new)
    old = f"; {_count(len(now.findings), 'old one')}" if now.findings else ""
    return result("passed", f"no new findings{old}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _missing(linter: Linter, *, wanted: bool) -> CheckResult:
    summary = f"{linter} is not installed; add it to the environment that runs the checks"
    if not wanted:
        return _skipped(linter, summary)
    finding = Finding(check=linter, message=summary)
    return CheckResult(
        check=linter, status="error", summary=summary, duration_s=0, findings=(finding,)
    )


def _skipped(linter: Linter, why: str) -> CheckResult:
    return CheckResult(check=linter, status="skipped", summary=why, duration_s=0)
