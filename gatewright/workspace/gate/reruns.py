"""Reruns of failing tests: what fails again is a failure, what comes and goes is flaky."""

from collections.abc import Sequence

from gatewright.domain.findings import Finding
from gatewright.workspace.gate.bench import Bench
from gatewright.workspace.gate.report import Session
from gatewright.workspace.gate.runs import SuiteRun
from gatewright.workspace.gate.sides import changed, part
from gatewright.workspace.gate.verdict import Verdict, is_good, judge

FLAKY = "flaky"


async def settled(
    bench: Bench,
    base: Session,
    after: SuiteRun,
    entries: Sequence[str] | None,
    verdict: Verdict,
) -> Verdict:
    """The verdict after at most two reruns: of the failing tests' files, and of the suite."""
    failing = {f.rule: f for f in verdict.findings if f.severity == "blocking" and f.rule}
    names = [name for name in failing if name in after.session.tests]
    files = tuple(dict.fromkeys(name.partition("::")[0] for name in names))
    if not files:
        return verdict
    alone = (await part(bench, entries, files)).session
    passing = [name for name in names if _passes(alone, name)]
    if not passing:
        return verdict
    suite = (await changed(bench, entries)).session
    flaky = [name for name in passing if _passes(suite, name)]
    tests = {**after.session.tests, **{name: alone.tests[name] for name in flaky}}
    again = judge(base, after.session.model_copy(update={"tests": tests}), entries)
    ordered = frozenset(passing) - frozenset(flaky)
    findings = [_noted(f) if f.rule in ordered else f for f in again.findings]
    findings += [_warning(name, failing[name]) for name in flaky]
    summary = again.summary + (f"; {len(flaky)} flaky" if flaky else "")
    return again._replace(summary=summary, findings=tuple(findings))


def _passes(session: Session, name: str) -> bool:
    return session.problem is None and is_good(session.tests.get(name))


def _noted(finding: Finding) -> Finding:
    note = "\n(it passes when its file is run alone: it fails in the suite's order)"
    return finding.model_copy(update={"message": finding.message + note})


def _warning(name: str, failed: Finding) -> Finding:
    return failed.model_copy(
        update={
            "message": f"{name} is flaky: it failed once and passed in two reruns.\n"
            f"The failure: {failed.message}",
            "rule": FLAKY,
            "severity": "warning",
        }
    )
