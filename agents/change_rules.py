"""Deterministic checks of a change; they run alone or before a model's review."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from gatewright.domain.edit import Applied
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Step
from gatewright.domain.review import Review
from gatewright.domain.task import Risk, Task

MOST_LINES: dict[Risk, int] = {"low": 200, "medium": 800, "high": 2000}
"""Added and deleted together; a larger change is not one step."""
MOST_FILES: dict[Risk, int] = {"low": 5, "medium": 20, "high": 50}

_CONFIGURATION = {
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "pytest.ini",
    ".pytest.ini",
    "mypy.ini",
    ".mypy.ini",
    "ruff.toml",
    ".ruff.toml",
    ".coveragerc",
    "sitecustomize.py",
    "usercustomize.py",
}


def check_change(task: Task, step: Step, change: Applied, *, existing: Collection[str]) -> Review:
    """Size by risk, scope by the step, existing tests and the gate's configuration untouched."""
    findings = [
        *_size(task.risk, change),
        *_protected(change, existing),
        *_scope(step, change),
    ]
    if any(finding.severity == "blocking" for finding in findings):
        return Review(verdict="rejected", why="The change breaks a rule.", findings=tuple(findings))
    files = ", ".join(change.files[:3]) + (", ..." if len(change.files) > 3 else "")
    size = f"+{change.lines_added} -{change.lines_deleted} in {files or 'no file'}"
    why = f"{size}; tests and configuration are untouched."
    return Review(verdict="approved", why=why, findings=tuple(findings))


def is_test(path: str) -> bool:
    """Whether pytest would take this file for a test or its support, by name and place."""
    pure = PurePosixPath(path)
    if pure.name == "conftest.py" or re.fullmatch(r"(test_.*|.*_test)\.py", pure.name):
        return True
    return any(part in ("tests", "test") for part in pure.parts[:-1])


def _size(risk: Risk, change: Applied) -> list[Finding]:
    findings = []
    lines = change.lines_added + change.lines_deleted
    if lines > MOST_LINES[risk]:
        findings.append(
            _finding(f"{lines} lines changed; at most {MOST_LINES[risk]} at {risk} risk")
        )
    if len(change.files) > MOST_FILES[risk]:
        findings.append(
            _finding(
                f"{len(change.files)} files changed; at most {MOST_FILES[risk]} at {risk} risk"
            )
        )
    return findings


def _protected(change: Applied, existing: Collection[str]) -> list[Finding]:
    findings = []
    for path in change.files:
        name = PurePosixPath(path).name
        if is_test(path) and path in existing:
            findings.append(_finding("an existing test was changed; mend the code", file=path))
        elif name == "conftest.py":
            findings.append(_finding("a new conftest.py can change what tests mean", file=path))
        elif name in _CONFIGURATION or name.endswith(".pth"):
            findings.append(_finding("the configuration of the checks was changed", file=path))
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
