"""The checks `pytest`, `coverage` and `repeat`: what became of each test, on both sides."""

import asyncio
from collections.abc import Sequence

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult
from gatewright.workspace.environments.missing import advice
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.coverage import check_coverage, measured_files
from gatewright.workspace.gate.repeats import CHECK as REPEAT
from gatewright.workspace.gate.repeats import check_repeat
from gatewright.workspace.gate.report import Session
from gatewright.workspace.gate.reruns import settled
from gatewright.workspace.gate.runs import SuiteRun
from gatewright.workspace.gate.sides import baseline, changed
from gatewright.workspace.gate.tampering import tampering
from gatewright.workspace.gate.verdict import Verdict, judge


class Suite:
    """What the tests say of a change, in three checks; `tests` comes first."""

    def __init__(self, bench: Bench, entries: Sequence[str] | None, *, alone: bool) -> None:
        """`entries` as in `GateSpec.pytest`.

        A repository that never had a test may be judged by others, unless the tests are `alone`.
        """
        self._bench = bench
        self._entries = entries
        self._alone = alone
        self._runs: tuple[SuiteRun, SuiteRun] | None = None
        self._passed = False

    async def tests(self) -> CheckResult:
        """Run both sides and judge them; failing tests are run again before that counts."""
        bench, entries = self._bench, self._entries
        async with asyncio.TaskGroup() as group:
            before = group.create_task(baseline(bench, entries))
            now = group.create_task(changed(bench, entries, measure=measured_files(bench)))
        base, after = before.result(), now.result()
        self._runs = base, after
        if entries is None and not self._alone and _empty(base.session) and _empty(after.session):
            return skipped_suite("the repository has no tests")
        verdict = judge(base.session, after.session, entries, printed=after.log_tail)
        allowed = "introspection" in bench.spec.allow
        odd = tampering(base.session, after.session, allowed=allowed)
        if verdict.status == "failed" and not odd:
            verdict = await settled(bench, base.session, after, entries, verdict)
        verdict = _with(verdict, odd)
        self._passed = verdict.status == "passed"
        return CheckResult(
            check="pytest",
            status=verdict.status,
            summary=verdict.summary,
            duration_s=base.duration_s + after.duration_s,
            findings=tuple(self._advised(finding) for finding in verdict.findings),
            tool_version=after.session.version,
            log_tail=after.log_tail,
        )

    def _advised(self, finding: Finding) -> Finding:
        """Where a module is missing, with what to do about it."""
        said = advice(self._bench.toolchain, finding.message)
        if not said:
            return finding
        return finding.model_copy(update={"message": f"{finding.message}\n{said}"})

    def coverage(self) -> CheckResult:
        """Whether the tests ran the changed lines, by what `tests` has recorded."""
        return check_coverage(self._bench, self._runs[1].session if self._runs else None)

    async def repeat(self) -> CheckResult:
        """Whether the tests that decide pass again, and backwards; once `tests` has passed."""
        if self._runs is None or not self._passed:
            summary = "the tests do not pass"
            return CheckResult(check=REPEAT, status="skipped", summary=summary, duration_s=0)
        return await check_repeat(self._bench, *self._runs, self._entries)


def skipped_suite(why: str) -> CheckResult:
    """The result where pytest decides nothing."""
    return CheckResult(check="pytest", status="skipped", summary=why, duration_s=0)


def _empty(session: Session) -> bool:
    return not (session.tests or session.uncollected or session.problem)


def _with(verdict: Verdict, odd: Sequence[Finding]) -> Verdict:
    """A verdict with what the code under test did to the run; that alone blocks, too."""
    if not odd:
        return verdict
    findings = capped(sorted((*odd, *verdict.findings), key=lambda f: f.severity != "blocking"))
    blocking = [finding for finding in odd if finding.severity == "blocking"]
    if verdict.status != "passed" or not blocking:
        return verdict._replace(findings=findings)
    summary = f"the code under test looks at or touches the test run ({verdict.summary})"
    return Verdict("failed", summary, findings)
