"""The checks `report:<name>`: a tool of any language, by the JUnit or SARIF file that it writes.

It is run on both sides; what it says of the change and did not say of the base counts. Its exit
code does not: most such tools exit with 1 for findings that were there before.
"""

import asyncio
from pathlib import Path

from pydantic import Field

from gatewright.domain.findings import Finding, Frozen
from gatewright.domain.gate import CheckResult, CheckStatus
from gatewright.domain.task import ReportSpec
from gatewright.workspace.gate.bench import Bench, Side, log_tail
from gatewright.workspace.gate.compare import capped, new_findings
from gatewright.workspace.gate.junit import Case, failing, new_failures, read_junit
from gatewright.workspace.gate.sarif_log import read_sarif
from gatewright.workspace.gate.unreadable import Unreadable
from gatewright.workspace.gate.written import read_written, remove_written


class Reported(Frozen):
    """One run of the tool."""

    cases: dict[str, Case] = Field(default_factory=dict)
    """Of a JUnit report."""
    findings: tuple[Finding, ...] = ()
    """Of a SARIF report."""
    suppressed: tuple[Finding, ...] = ()
    tool: str | None = None
    problem: str | None = None
    """Why there is no report."""
    stopped: bool = False
    """By us, for want of time or room; another run may come to more."""
    duration_s: float = 0.0
    log_tail: str = ""


async def check_report(bench: Bench, report: ReportSpec) -> CheckResult:
    """Run on both sides, in fresh copies with the repository's environment, and compare.

    Raises: SandboxUnavailable.
    """
    key = bench.key(f"report:{report.name}", run=report.run, path=report.path, format=report.format)
    async with asyncio.TaskGroup() as group:
        before = group.create_task(
            bench.baselines.get(
                key,
                Reported,
                compute=lambda: _run(bench, "base", report),
                keep=lambda reported: reported.problem is None,
            )
        )
        now = group.create_task(_run(bench, "after", report))
    return _judge(bench, report, before=before.result(), now=now.result())


async def _run(bench: Bench, side: Side, report: ReportSpec) -> Reported:
    async with bench.copy(side) as copy:
        try:
            # What is in the commit was not written by this run.
            await asyncio.to_thread(remove_written, copy, report.path)
        except Unreadable as why:
            return Reported(problem=f"{report.path!r} cannot be replaced: {why}")
        completed = await bench.run(
            ("/bin/sh", "-c", report.run), cwd=copy, env=bench.environment(copy)
        )
        stopped = bench.cut_short(completed)
        if stopped is None:
            read = await asyncio.to_thread(_read, copy, report)
        else:
            read = Reported(problem=f"its command {stopped}", stopped=True)
    told = {"duration_s": completed.duration_s, "log_tail": log_tail(completed)}
    if read.problem is not None and completed.returncode > 0:
        told["problem"] = f"{read.problem} (its command exited with {completed.returncode})"
    return read.model_copy(update=told)


def _read(copy: Path, report: ReportSpec) -> Reported:
    check = f"report:{report.name}"
    try:
        data = read_written(copy, report.path)
        if report.format == "sarif":
            log = read_sarif(data, check=check, root=str(copy))
            return Reported(findings=log.findings, suppressed=log.suppressed, tool=log.tool)
        cases = read_junit(data.replace(f"{copy}/".encode(), b""))
    except Unreadable as why:
        return Reported(problem=f"{report.path!r} is of no use: {why}")
    if not cases:
        return Reported(problem=f"{report.path!r} is of no use: it lists no tests")
    return Reported(cases=cases)


def _judge(bench: Bench, report: ReportSpec, *, before: Reported, now: Reported) -> CheckResult:
    check = f"report:{report.name}"

    def result(
        status: CheckStatus, summary: str, findings: tuple[Finding, ...] = ()
    ) -> CheckResult:
        return CheckResult(
            check=check,
            status=status,
            summary=summary,
            duration_s=before.duration_s + now.duration_s,
            findings=capped(findings),
            tool_version=now.tool,
            log_tail=now.log_tail,
        )

    if now.problem is not None:
        return result("error", now.problem, (Finding(check=check, message=now.problem),))
    found = _compared(bench, check, before, now)
    blocking = sum(finding.severity == "blocking" for finding in found)
    said = f"{_count(now, report)}, {len(found)} new" if found else f"{_count(now, report)}, no new"
    if before.problem is None:
        return result("failed" if blocking else "passed", said, found)
    said += f"; not compared, for on the base {before.problem}"
    if blocking and before.stopped:
        return result("error", said, found)
    return result("failed" if blocking else "passed", said, found)


def _compared(bench: Bench, check: str, before: Reported, now: Reported) -> tuple[Finding, ...]:
    """What is new; everything, where the base came to nothing."""
    gone = bench.files["base"] - bench.files["after"]
    allowed = "suppressions" in bench.spec.allow
    waived = [
        finding.model_copy(
            update={
                "message": f"suppressed by the change: {finding.message}",
                "severity": "note" if allowed else "blocking",
            }
        )
        for finding in new_findings(before.suppressed, now.suppressed, gone=gone)
        if before.problem is None and finding.severity != "note"
    ]
    return (
        *new_failures(check, before.cases, now.cases),
        *new_findings(before.findings, now.findings, gone=gone),
        *waived,
    )


def _count(now: Reported, report: ReportSpec) -> str:
    if report.format == "sarif":
        return _many(len(now.findings), "finding")
    total = sum(case.total for case in now.cases.values())
    return f"{_many(total, 'test')}, {failing(now.cases.values())} failed"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
