"""Deterministic checks of a change; they run alone or before a model's review."""

from collections.abc import Collection
from pathlib import PurePosixPath

from gatewright.domain.edit import Applied
from gatewright.domain.findings import Finding, Severity
from gatewright.domain.plan import Step
from gatewright.domain.policy import POLICIES
from gatewright.domain.protected import (
    is_configuration,
    is_shared_configuration,
    is_test,
)
from gatewright.domain.review import Review
from gatewright.domain.task import Allowance, Risk, Task


def check_change(task: Task, step: Step, change: Applied, *, existing: Collection[str]) -> Review:
    """Size by risk, scope by the step, existing tests and the gate's configuration untouched."""
    findings = [
        *_size(task.risk, change),
        *_protected(change, existing, allow=task.gate.allow),
        *_scope(step, change),
    ]
    if any(finding.severity == "blocking" for finding in findings):
        return Review(verdict="rejected", why="The change breaks a rule.", findings=tuple(findings))
    files = ", ".join(change.files[:3]) + (", ..." if len(change.files) > 3 else "")
    size = f"+{change.lines_added} -{change.lines_deleted} in {files or 'no file'}"
    why = f"{size}; tests and configuration are untouched."
    return Review(verdict="approved", why=why, findings=tuple(findings))


def _size(risk: Risk, change: Applied) -> list[Finding]:
    policy = POLICIES[risk]
    lines = change.lines_added + change.lines_deleted
    counts = (
        (lines, policy.changed_lines, "lines"),
        (len(change.files), policy.changed_files, "files"),
    )
    return [
        _finding(f"{count} {what} changed; at most {most} at {risk} risk")
        for count, most, what in counts
        if count > most
    ]


def _protected(
    change: Applied, existing: Collection[str], *, allow: Collection[Allowance]
) -> list[Finding]:
    tests: Severity = "note" if "tests" in allow else "blocking"
    configuration: Severity = "note" if "configuration" in allow else "blocking"
    findings = []
    for path in change.files:
        if PurePosixPath(path).name == "conftest.py":
            message = "a changed conftest.py can change what tests mean"
            findings.append(_finding(message, file=path, severity=configuration))
        elif is_test(path) and path in existing:
            message = "an existing test was changed; mend the code"
            findings.append(_finding(message, file=path, severity=tests))
        elif is_shared_configuration(path):
            # The gate compares the sections of its tools; the rest of such a file is free.
            message = "this file also configures the checks"
            findings.append(_finding(message, file=path, severity="warning"))
        elif is_configuration(path):
            message = "the configuration of the checks was changed"
            findings.append(_finding(message, file=path, severity=configuration))
    return findings


def _scope(step: Step, change: Applied) -> list[Finding]:
    if not step.files:
        return []
    outside = [path for path in change.files if path not in step.files and not is_test(path)]
    return [
        _finding("the step does not name this file", file=path, severity="warning")
        for path in outside
    ]


def _finding(message: str, *, file: str | None = None, severity: str = "blocking") -> Finding:
    return Finding.model_validate(
        {"check": "change_rules", "message": message, "file": file, "severity": severity}
    )
