"""A gate's report as SARIF 2.1.0, for code scanning and editors. Pure.

A run for each check, so that each has its own tool, outcome and duration. Code scanning tells the
runs of one upload apart by `automationDetails.id`.
"""

import hashlib
import re
from collections import Counter
from typing import Any
from urllib.parse import quote

from gatewright.domain.findings import Finding, Severity
from gatewright.domain.gate import CheckResult, GateReport

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVEL: dict[Severity, str] = {"blocking": "error", "warning": "warning", "note": "note"}
_ROOT = "SRCROOT"
_FINGERPRINT = "gatewrightFinding/v1"
_NUMBERS = re.compile(r"\bline \d+")
_SHA1 = re.compile(r"[0-9a-f]{40}")


def as_sarif(report: GateReport, *, version: str, repository: str | None = None) -> dict[str, Any]:
    """The whole report; `version` is Gatewright's, `repository` an address for people, if known."""
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [_run(report, check, version, repository) for check in report.checks],
        "properties": {"passed": report.passed, "commit": report.commit},
    }


def _run(
    report: GateReport, check: CheckResult, version: str, repository: str | None
) -> dict[str, Any]:
    rules = list(dict.fromkeys(_rule(finding) for finding in check.findings))
    seen: Counter[str] = Counter()
    tool: dict[str, Any] = {
        "driver": {
            "name": "Gatewright",
            "fullName": f"Gatewright: {check.check}",
            "version": version,
            "rules": [{"id": rule} for rule in rules],
        }
    }
    if check.tool_version is not None:
        tool["extensions"] = [{"name": check.check, "version": check.tool_version}]
    run: dict[str, Any] = {
        "tool": tool,
        "automationDetails": {"id": f"gatewright/{check.check}/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "invocations": [_invocation(check)],
        "results": [_result(finding, rules, seen) for finding in check.findings],
        "properties": {
            "status": check.status,
            "summary": check.summary,
            "sandbox": report.sandbox,
            "environment": report.environment,
            "cached": report.cached,
        },
    }
    provenance = _provenance(report.commit, repository)
    if provenance is not None:
        run["versionControlProvenance"] = [provenance]
    return run


def _invocation(check: CheckResult) -> dict[str, Any]:
    invocation: dict[str, Any] = {
        "executionSuccessful": check.status != "error",
        "properties": {"durationSeconds": round(check.duration_s, 3)},
    }
    if check.status == "error":
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": check.summary}}
        ]
    return invocation


def _provenance(commit: str, repository: str | None) -> dict[str, Any] | None:
    """Whose commit it was; the standard asks for an address, and a commit's SWHID is one."""
    if repository is None and not _SHA1.fullmatch(commit):
        return None
    return {
        "repositoryUri": repository or f"swh:1:rev:{commit}",
        "revisionId": commit,
        "mappedTo": {"uriBaseId": _ROOT},
    }


def _result(finding: Finding, rules: list[str], seen: Counter[str]) -> dict[str, Any]:
    rule = _rule(finding)
    print_of = _fingerprint(finding)
    seen[print_of] += 1
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": _LEVEL[finding.severity],
        "message": {"text": finding.message},
        "partialFingerprints": {_FINGERPRINT: f"{print_of}:{seen[print_of]}"},
    }
    if finding.file is not None:
        place: dict[str, Any] = {
            "artifactLocation": {"uri": _uri(finding.file), "uriBaseId": _ROOT}
        }
        if finding.line is not None:
            place["region"] = {"startLine": finding.line}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _rule(finding: Finding) -> str:
    return finding.rule or finding.check


def _uri(path: str) -> str:
    """Relative; a first part with a colon in it would be taken for a scheme, but for the `./`."""
    quoted = quote(path, safe="/:@!$&'()*+,;=~-._")
    return f"./{quoted}" if ":" in quoted.partition("/")[0] else quoted


def _fingerprint(finding: Finding) -> str:
    """The same as long as the finding is, wherever in its file it stands."""
    message = _NUMBERS.sub("line …", finding.message)
    parts = (finding.check, finding.rule or "", finding.file or "", message)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
