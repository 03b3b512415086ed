"""The checks that read a change and run nothing of it."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult
from gatewright.domain.task import Allowance
from gatewright.workspace.gate.compare import capped
from gatewright.workspace.gate.static.dependencies import dependencies
from gatewright.workspace.gate.static.introspection import introspection
from gatewright.workspace.gate.static.licence import licence
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.static.secrets import secrets
from gatewright.workspace.gate.static.shadowing import shadowing
from gatewright.workspace.gate.static.size import scope, size
from gatewright.workspace.gate.static.suppressions import suppressions


class Rule(NamedTuple):
    """One check by its name in the report."""

    check: str
    find: Callable[[Look], Sequence[Finding]]
    allowance: Allowance | None
    """What a task says that may do this."""
    clean: str
    """The summary where nothing was found."""


RULES: tuple[Rule, ...] = (
    Rule("suppressions", suppressions, "suppressions", "no new suppressions"),
    Rule("introspection", introspection, "introspection", "nothing looks for the tests"),
    Rule("shadowing", shadowing, None, "no new file hides a module"),
    Rule("dependencies", dependencies, "dependencies", "the same dependencies"),
    Rule("secrets", secrets, "secrets", "no secrets in new lines"),
    Rule("size", size, None, "no larger than this risk allows"),
    Rule("scope", scope, "scope", "inside what the plan names"),
    Rule("licence", licence, "licence", "headers as in the other files"),
)
"""In the order of the report."""


def static_checks(look: Look) -> tuple[CheckResult, ...]:
    """Every check's answer, in the order of the report. Blocks on the file system."""
    return tuple(_result(rule, look) for rule in RULES)


def _result(rule: Rule, look: Look) -> CheckResult:
    if rule.allowance is not None and rule.allowance in look.allow:
        return CheckResult(
            check=rule.check,
            status="skipped",
            summary=f"the task allows {rule.allowance}",
            duration_s=0,
        )
    start = time.monotonic()
    findings = tuple(rule.find(look))
    blocking = sum(finding.severity == "blocking" for finding in findings)
    return CheckResult(
        check=rule.check,
        status="failed" if blocking else "passed",
        summary=_summary(rule, blocking=blocking, others=len(findings) - blocking),
        duration_s=time.monotonic() - start,
        findings=capped(sorted(findings, key=lambda found: found.severity != "blocking")),
    )


def _summary(rule: Rule, *, blocking: int, others: int) -> str:
    if blocking:
        return f"{_count(blocking, 'finding')}" + (f"; {others} below blocking" if others else "")
    return f"{_count(others, 'finding')}, none of them blocking" if others else rule.clean


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
