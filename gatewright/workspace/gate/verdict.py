"""Whether the tests let a change pass: the acceptance tests, and nothing that passed before lost.

Pure: two sessions in, a verdict out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gatewright.domain.findings import Finding, Severity
from gatewright.domain.gate import CheckStatus
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.report import Lines, Session, TestOutcome

_KNOWN_FAILURES = 10
"""That are told of a run which did not come to its end."""

_DETAIL_LINES = 8
_DETAIL_CHARACTERS = 800

_GOOD = ("passed", "xpassed")
_BAD = ("failed", "error")
_LEFT_OUT = ("skipped", "xfailed")


class Verdict(NamedTuple):
    """A check's outcome, but for what the run itself adds."""

    status: CheckStatus
    summary: str
    findings: tuple[Finding, ...] = ()


def judge(
    base: Session, after: Session, acceptance: Sequence[str] | None, *, printed: str = ""
) -> Verdict:
    """Compare two runs of the suite.

    With `acceptance` None the whole suite is the acceptance, but for what failed before.
    `printed` is the end of what the second run printed; where it broke off, this says why.
    """
    if after.problem is not None:
        also = f" (on the base: {base.problem})" if base.problem is not None else ""
        broken = _unfinished(after, printed)
        return Verdict("error", f"{after.problem}{also}", (broken, *_known_failures(after)))
    if not after.tests and not after.uncollected:
        message = "no test was collected"
        return Verdict("error", message, (Finding(check="pytest", message=message),))
    wanted = [finding for entry in acceptance or () for finding in _accepted(entry, base, after)]
    severity: Severity = "blocking" if acceptance is None else "warning"
    found: dict[str | None, Finding] = {}
    for finding in (*wanted, *_regressions(base, after), *_new(base, after, severity=severity)):
        known = found.setdefault(finding.rule, finding)
        if finding.severity == "blocking" != known.severity:
            found[finding.rule] = finding
    own = [e for e in acceptance or () if uncovered([e], base) and not uncovered([e], after)]
    verdict = _verdict(list(found.values()), base, after)
    if not own:
        return verdict
    note = f"; acceptance tests that the change itself brought: {', '.join(own)}"
    return verdict._replace(summary=verdict.summary + note)


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
    lines = {**second.lines, **first.lines}
    for file in first.lines.keys() & second.lines.keys():
        one, other = first.lines[file], second.lines[file]
        lines[file] = Lines(statements=one.statements, missing=one.missing & other.missing)
    return first.model_copy(
        update={
            "tests": {**first.tests, **second.tests},
            "uncollected": {**first.uncollected, **second.uncollected},
            "running": first.running or second.running,
            "problem": first.problem or second.problem,
            "suspicious": first.suspicious + second.suspicious,
            "altered": first.altered + second.altered,
            "measured": first.measured or second.measured,
            "lines": lines,
        }
    )


def is_good(test: TestOutcome | None) -> bool:
    """Whether a test was run and passed."""
    return test is not None and test.outcome in _GOOD


def _verdict(findings: list[Finding], base: Session, after: Session) -> Verdict:
    passed = sum(test.outcome in _GOOD for test in after.tests.values())
    blocking = sum(finding.severity == "blocking" for finding in findings)
    if blocking:
        what = "1 test blocks" if blocking == 1 else f"{blocking} tests block"
        summary = f"{what}; {passed} of {len(after.tests)} passed"
        return Verdict("failed", summary, _first(findings))
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
    return Verdict("passed", summary, _first(findings))


def _regressions(base: Session, after: Session) -> Iterator[Finding]:
    """What passed on the base and does not now, and what is not there any more."""
    for name, file in after.uncollected.items():
        if any(t.outcome in _GOOD and covers(name, n) for n, t in base.tests.items()):
            yield _finding(name, file, f"held tests that passed on the base and now {_says(file)}")
    for name, before in base.tests.items():
        now = after.tests.get(name)
        if now is None:
            if not any(covers(file, name) for file in after.uncollected):
                yield _finding(name, None, "was run on the base and is not collected any more")
        elif before.outcome in _GOOD and now.outcome not in _GOOD:
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


def _accepted(entry: str, base: Session, after: Session) -> Iterator[Finding]:
    """At least one test that the entry stands for must pass, and all of them must.

    Excused is what the base skips in just the same way, unless the entry names that very test.
    """
    covered = {name: test for name, test in after.tests.items() if covers(entry, name)}
    for name, file in after.uncollected.items():
        if covers(entry, name) or covers(name, entry):
            severity = _excused(entry, name, base.uncollected.get(name), file)
            says = f"(acceptance) {_says(file)} in collection"
            yield _finding(name, file, says, severity=severity)
            covered.setdefault(name, file)
    for name, now in after.tests.items():
        if name in covered and now.outcome not in _GOOD:
            severity = _excused(entry, name, base.tests.get(name), now)
            yield _finding(name, now, f"(acceptance) {_says(now)}", severity=severity)
    if not covered:
        yield _finding(entry, None, "(acceptance): no such test was collected")
    elif all(test.outcome in _LEFT_OUT for test in covered.values()) and entry not in covered:
        yield _finding(entry, None, "(acceptance): no test of it passed")


def _excused(entry: str, name: str, before: TestOutcome | None, now: TestOutcome) -> Severity:
    same = before is not None and before.outcome == now.outcome
    return "note" if same and now.outcome in _LEFT_OUT and name != entry else "blocking"


def _unfinished(after: Session, printed: str) -> Finding:
    during = f"; {after.running} was running" if after.running else ""
    said = _detail(printed)
    return Finding(
        check="pytest",
        message=f"{after.problem}{during}" + (f"\n{said}" if said else ""),
        file=after.running.partition("::")[0] if after.running else None,
        rule=after.running,
    )


def _known_failures(after: Session) -> list[Finding]:
    failed = [(n, t) for n, t in after.uncollected.items() if t.outcome == "error"]
    failed += [(n, t) for n, t in after.tests.items() if t.outcome in _BAD]
    return [_finding(name, test, _says(test)) for name, test in failed[:_KNOWN_FAILURES]]


def _says(test: TestOutcome) -> str:
    words = {"error": "ends in an error", "failed": "fails", "skipped": "is skipped"}
    words |= {"xfailed": "is expected to fail (xfail)", "unfinished": "does not finish"}
    return words.get(test.outcome, test.outcome)


def _finding(
    name: str, test: TestOutcome | None, says: str, *, severity: Severity = "blocking"
) -> Finding:
    said = _detail(test.message) if test is not None else ""
    detail = f"\n{said}" if said else ""
    return Finding(
        check="pytest",
        message=f"{name} {says}{detail}",
        file=(test.file if test is not None else None) or name.partition("::")[0] or None,
        line=test.line if test is not None else None,
        rule=name,
        severity=severity,
    )


def _detail(text: str) -> str:
    """What pytest marks as the error itself, without the traceback; else the last lines."""
    lines = text.splitlines()
    marked = [line[1:].strip() for line in lines if re.match(r"E\s", line)]
    chosen = marked[:_DETAIL_LINES] or [line.rstrip() for line in lines[-_DETAIL_LINES:]]
    return "\n".join(chosen).strip()[:_DETAIL_CHARACTERS]


def _first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Those that block before the others, as many as a state should hold."""
    return capped(sorted(findings, key=lambda finding: finding.severity != "blocking"))
