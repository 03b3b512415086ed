"""The check `repeat`: tests that passed must pass again, and in another order.

The tests that decide run in one copy: each twice in a row in one process, and then once more, the
other way round, in a new process that finds the files which the first has left.
"""

import asyncio
from collections.abc import Iterator, Sequence

from gatewright.domain.findings import Finding, Frozen
from gatewright.domain.gate import CheckResult, CheckStatus
from gatewright.workspace.gate.bench import Bench, Side
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.report import TestOutcome
from gatewright.workspace.gate.runs import Ask, SuiteRun, run_series, scripts_digest
from gatewright.workspace.gate.verdict import covers, is_good

CHECK = "repeat"
_RUNS = 3

ONCE = "passes only once"
ORDER = "passes only in one order"


class Series(Frozen):
    """What the two processes came to."""

    forward: SuiteRun
    backward: SuiteRun

    @property
    def problem(self) -> str | None:
        """Why it is not to be trusted as complete."""
        return self.forward.session.problem or self.backward.session.problem

    @property
    def stopped(self) -> bool:
        """By us."""
        return self.forward.stopped or self.backward.stopped

    def failures(self, names: Sequence[str]) -> Iterator[tuple[str, str, TestOutcome | None]]:
        """Each test that did not pass in one of its runs: its name, how that is called, and what
        it came to there.
        """
        first, second = self.forward.session, self.backward.session
        for name in names:
            if not is_good(first.tests.get(name)):
                how = f"{ORDER} (it fails when only the tests that decide are run)"
                yield name, how, first.tests.get(name)
            elif name in first.again and not is_good(first.again[name]):
                how = f"{ONCE} (it fails the second time in the same process)"
                yield name, how, first.again[name]
            elif not is_good(second.tests.get(name)):
                how = f"{ORDER}, or {ONCE} (it fails in a second run backwards in the same files)"
                yield name, how, second.tests.get(name)


async def check_repeat(
    bench: Bench, base: SuiteRun, after: SuiteRun, entries: Sequence[str] | None
) -> CheckResult:
    """Run them again, on the base as well where some fail."""
    deciding = _deciding(base, after, entries)
    names = [n for n, t in after.session.tests.items() if is_good(t) and n in deciding]
    if bench.policy.repeat_all:
        names = [name for name, test in after.session.tests.items() if is_good(test)]
    if not names:
        return _result("skipped", "no test decides by passing")
    now = await _series(bench, "after", names, [n for n in names if n in deciding])
    failures = list(now.failures(names))
    if not failures and now.problem is None:
        return _result("passed", f"{len(names)} tests passed again and backwards", now)
    before = await _before(bench, base, names, deciding)
    if now.problem is not None:
        return _broken(bench, now, after, before)
    known = [] if before is None else [n for n in names if is_good(base.session.tests.get(n))]
    unstable = {name for name, _, _ in before.failures(known)} if before is not None else set()
    findings = [_finding(*failure, known=failure[0] in unstable) for failure in failures]
    blocking = sum(finding.severity == "blocking" for finding in findings)
    if not blocking:
        summary = f"{len(findings)} of {len(names)} tests are flaky, as on the base"
        return _result("passed", summary, now, findings)
    return _result("failed", f"{blocking} of {len(names)} tests do not pass again", now, findings)


def _deciding(base: SuiteRun, after: SuiteRun, entries: Sequence[str] | None) -> frozenset[str]:
    """Acceptance tests, and those that did not pass before: new ones and mended ones."""
    was = base.session.tests
    return frozenset(
        name
        for name in after.session.tests
        if not is_good(was.get(name)) or any(covers(entry, name) for entry in entries or ())
    )


async def _series(bench: Bench, side: Side, names: Sequence[str], twice: Sequence[str]) -> Series:
    files = tuple(dict.fromkeys(name.partition("::")[0] for name in names))
    only = tuple(names)
    forward, backward = await run_series(
        bench,
        side,
        (
            Ask(paths=files, only=only, twice=tuple(twice)),
            Ask(paths=files, only=only, reverse=True),
        ),
    )
    return Series(forward=forward, backward=backward)


async def _before(
    bench: Bench, base: SuiteRun, names: Sequence[str], deciding: frozenset[str]
) -> Series | None:
    """The same on the base, of what passes there; None when nothing does."""
    known = [name for name in names if is_good(base.session.tests.get(name))]
    if not known:
        return None
    twice = [name for name in known if name in deciding]
    key = bench.key(CHECK, names=known, twice=twice, script=await asyncio.to_thread(scripts_digest))
    return await bench.baselines.get(
        key,
        Series,
        compute=lambda: _series(bench, "base", known, twice),
        keep=lambda series: not series.stopped,
    )


def _broken(bench: Bench, now: Series, after: SuiteRun, before: Series | None) -> CheckResult:
    if before is not None and before.problem is not None:
        return _result("skipped", f"neither here nor on the base: {now.problem}", now)
    if now.stopped and _RUNS * after.duration_s > bench.timeout_s:
        return _result("skipped", f"the tests take too long to be repeated: {now.problem}", now)
    message = f"when the tests are run again, {now.problem}"
    finding = Finding(check=CHECK, message=message, rule=ONCE)
    return _result("error", message, now, [finding])


def _finding(name: str, how: str, test: TestOutcome | None, *, known: bool) -> Finding:
    said = "\n".join((test.message if test else "it was not run").splitlines()[-8:])[:800]
    same = "; it is unstable on the base as well" if known else ""
    return Finding(
        check=CHECK,
        message=f"{name} {how}{same}\n{said}",
        file=(test.file if test else None) or name.partition("::")[0],
        line=test.line if test else None,
        rule=name,
        severity="warning" if known else "blocking",
    )


def _result(
    status: CheckStatus,
    summary: str,
    series: Series | None = None,
    findings: Sequence[Finding] = (),
) -> CheckResult:
    return CheckResult(
        check=CHECK,
        status=status,
        summary=summary,
        duration_s=series.forward.duration_s if series is not None else 0,
        findings=capped(sorted(findings, key=lambda f: f.severity != "blocking")),
        tool_version=series.forward.session.version if series is not None else None,
        log_tail=series.forward.log_tail if series is not None and findings else "",
    )
