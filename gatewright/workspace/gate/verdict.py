"""Whether the tests let a change pass: the acceptance tests, and nothing that passed before lost.

Pure: two sessions in, a verdict out.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gatewright.domain.findings import Finding, Severity
from gatewright.domain.gate import CheckStatus
from gatewright.workspace.gate.report import Session, TestOutcome

FULL_MESSAGES = 10
"""Findings that carry the whole failure; those after them have its last line only."""

MOST_FINDINGS = 60

_GOOD = ("passed", "xpassed")
_BAD = ("failed", "error")


class Verdict(NamedTuple):
    """A check's outcome, but for what the run itself adds."""

    status: CheckStatus
    summary: str
    findings: tuple[Finding, ...] = ()


def judge(base: Session, after: Session, acceptance: Sequence[str] | None) -> Verdict:
    """Compare two runs of the suite.

    With `acceptance` None the whole suite is the acceptance, but for what failed before.
    """
    if after.problem is not None:
        return Verdict("error", after.problem, (_unfinished(after), *_known_failures(after)))
    if not after.tests and not after.uncollected:
        message = "no test was collected"
        return Verdict("error", message, (Finding(check="pytest", message=message),))
    wanted = [finding for entry in acceptance or () for finding in _accepted(entry, after)]
    severity: Severity = "blocking" if acceptance is None else "warning"
    found: dict[str | None, Finding] = {}
    for finding in (*wanted, *_regressions(base, after), *_new(base, after, severity=severity)):
        found.setdefault(finding.rule, finding)
    return _verdict(list(found.values()), base, after)


def covers(entry: str, nodeid: str) -> bool:
    """Whether a path or node id of the task stands for this test."""
    entry = entry.removeprefix("./").rstrip("/")
    if entry in ("", ".") or nodeid == entry:
        return True
    separators = ("::", "[") if "::" in entry else ("::", "/")
    return nodeid.startswith(tuple(entry + separator for separator in separators))


def uncovered(entries: Iterable[str], session: Session) -> tuple[str, ...]:
    """Entries for which a run of the suite collected nothing at all."""
    known = [*session.tests, *session.uncollected]
    return tuple(e for e in entries if not any(covers(e, k) or covers(k, e) for k in known))


def merged(first: Session, second: Session) -> Session:
    """A session with what a further run of other tests brought."""
    return first.model_copy(
        update={
            "tests": {**first.tests, **second.tests},
            "uncollected": {**first.uncollected, **second.uncollected},
            "running": first.running or second.running,
            "problem": first.problem or second.problem,
        }
    )


def _verdict(findings: list[Finding], base: Session, after: Session) -> Verdict:
    passed = sum(test.outcome in _GOOD for test in after.tests.values())
    blocking = sum(finding.severity == "blocking" for finding in findings)
    if blocking:
        summary = f"{blocking} tests block; {passed} of {len(after.tests)} passed"
        return Verdict("failed", summary, tuple(_capped(findings)))
    if not passed:
        message = "no test passed"
        return Verdict("failed", message, (Finding(check="pytest", message=message), *findings))
    old = sum(test.outcome in _BAD for test in after.tests.values())
    old += sum(test.outcome == "error" for test in after.uncollected.values())
    summary = f"{passed} of {len(after.tests)} passed"
    if old:
        summary += f"; {old} failed on the base already"
    if base.problem is not None:
        summary += f" (on the base: {base.problem})"
    return Verdict("passed", summary, tuple(_capped(findings)))


def _regressions(base: Session, after: Session) -> Iterator[Finding]:
    """What passed on the base and does not now."""
    for name, file in after.uncollected.items():
        if any(t.outcome in _GOOD and covers(name, n) for n, t in base.tests.items()):
            yield _finding(name, file, f"held tests that passed on the base and now {_says(file)}")
    for name, before in base.tests.items():
        if before.outcome not in _GOOD:
            continue
        now = after.tests.get(name)
        if now is None:
            if not any(covers(file, name) for file in after.uncollected):
                yield _finding(name, None, "passed on the base and is not collected any more")
        elif now.outcome not in _GOOD:
            yield _finding(name, now, f"passed on the base and now {_says(now)}")


def _new(base: Session, after: Session, *, severity: Severity) -> Iterator[Finding]:
    """What fails and did not fail before; these block where the whole suite is the acceptance."""
    for was, now in ((base.uncollected, after.uncollected), (base.tests, after.tests)):
        for name, test in now.items():
            before = was.get(name)
            if test.outcome in _BAD and (before is None or before.outcome not in _BAD):
                yield _finding(name, test, _says(test), severity=severity)
            elif test.outcome == "skipped" and before is None:
                yield _finding(name, test, "is new and is skipped", severity="warning")


def _accepted(entry: str, after: Session) -> Iterator[Finding]:
    """An acceptance entry must stand for at least one test, and all of them must pass."""
    found = False
    for name, file in after.uncollected.items():
        if covers(entry, name) or covers(name, entry):
            found = True
            yield _finding(name, file, f"(acceptance) {_says(file)} in collection")
    for name, now in after.tests.items():
        if not covers(entry, name):
            continue
        found = True
        if now.outcome not in _GOOD:
            yield _finding(name, now, f"(acceptance) {_says(now)}")
    if not found:
        yield _finding(entry, None, "(acceptance): no such test was collected")


def _unfinished(after: Session) -> Finding:
    during = f"; {after.running} was running" if after.running else ""
    file = after.running.partition("::")[0] if after.running else None
    return Finding(
        check="pytest", message=f"{after.problem}{during}", file=file, rule=after.running
    )


def _known_failures(after: Session) -> list[Finding]:
    failed = [(n, t) for n, t in after.uncollected.items() if t.outcome == "error"]
    failed += [(n, t) for n, t in after.tests.items() if t.outcome in _BAD]
    return [_finding(name, test, _says(test)) for name, test in failed[:FULL_MESSAGES]]


def _says(test: TestOutcome) -> str:
    words = {"error": "ends in an error", "failed": "fails", "skipped": "is skipped"}
    words |= {"xfailed": "is expected to fail (xfail)", "unfinished": "does not finish"}
    return words.get(test.outcome, test.outcome)


def _finding(
    name: str, test: TestOutcome | None, says: str, *, severity: Severity = "blocking"
) -> Finding:
    detail = f"\n{test.message}" if test is not None and test.message else ""
    return Finding(
        check="pytest",
        message=f"{name} {says}{detail}",
        file=(test.file if test is not None else None) or name.partition("::")[0] or None,
        line=test.line if test is not None else None,
        rule=name,
        severity=severity,
    )


def _capped(findings: list[Finding]) -> Iterator[Finding]:
    """All that an implementer can use, and not more than a state should hold."""
    for number, finding in enumerate(findings[:MOST_FINDINGS]):
        if number < FULL_MESSAGES:
            yield finding
            continue
        first, *rest = finding.message.split("\n")
        yield finding.model_copy(update={"message": "\n".join([first, *rest[-1:]])})
    if len(findings) > MOST_FINDINGS:
        more = len(findings) - MOST_FINDINGS
        yield Finding(check="pytest", message=f"{more} further findings are left out")
