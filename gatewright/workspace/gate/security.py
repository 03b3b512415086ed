"""The check `security`: flake8-bandit's rules, as ruff has them, for what a change brings.

Both sides are linted in isolation, so that no configuration of the repository has a say.
"""

import asyncio
import re
from collections.abc import Sequence

from gatewright.domain.findings import Finding, Frozen, Severity
from gatewright.domain.gate import CheckResult, CheckStatus
from gatewright.domain.protected import is_test
from gatewright.workspace.gate.bench import Bench, Side
from gatewright.workspace.gate.compare import capped, new_findings
from gatewright.workspace.gate.linters import hear
from gatewright.workspace.gate.written import run_whole
from gatewright.workspace.toolchain import find_tool

CHECK = "security"

SERIOUS = frozenset(
    {
        "S102",  # exec
        "S202",  # tarfile.extractall
        "S301",  # pickle
        "S302",  # marshal
        "S306",  # mktemp
        "S307",  # eval
        "S501",  # no check of certificates
        "S502",
        "S503",
        "S506",  # yaml.load
        "S507",  # no check of host keys
        "S602",  # a shell
        "S604",
        "S605",
        "S608",  # SQL put together
        "S609",
        "S612",  # a logging configuration that listens
    }
)
"""Rules whose findings block at any risk: they are ways in."""

SECRETS = frozenset({"S105", "S106", "S107"})
"""Rules that guess at passwords by names alone; the check `secrets` blocks by their values."""

_LEFT_OUT = "S101,S404,S603,S607"
"""Asserts, and every start of a program whatever its arguments: all noise."""

_OPTIONS = (
    "--isolated",
    "--select=S",
    f"--ignore={_LEFT_OUT}",
    # Or a change would decide itself what is said of it.
    "--ignore-noqa",
    "--no-fix",
    "--no-cache",
    "--no-respect-gitignore",
    "--target-version=py312",
    "--output-format=json",
)
_SUFFIXES = (".py", ".pyw")
_RULE = re.compile(r"S\d+")
_CLEAN = "no new findings"


class _Linted(Frozen):
    """One run on one side."""

    findings: tuple[Finding, ...] = ()
    problem: str | None = None
    duration_s: float = 0.0


async def check_security(bench: Bench) -> CheckResult:
    """Lint the Python files that were changed, tests left out, and tell what the base had not."""
    if "security" in bench.spec.allow:
        return _skipped("the task allows security")
    paths = [
        change.path
        for change in bench.changes
        if change.path.endswith(_SUFFIXES) and not is_test(change.path)
    ]
    if not any(path in bench.files["after"] for path in paths):
        return _skipped("no Python code was changed")
    tool = await asyncio.to_thread(find_tool, bench.toolchain, "ruff")
    if tool.version is None:
        return _skipped("ruff is not installed; add it to the environment that runs the checks")
    argv = (*tool.argv, "check", *_OPTIONS, "--")
    now = await _lint(bench, "after", argv, paths)
    if not now.findings and now.problem is None:
        return _result("passed", _CLEAN, now.duration_s, version=tool.version)
    old = await bench.baselines.get(
        bench.key(CHECK, argv=argv, paths=paths, version=tool.version),
        _Linted,
        compute=lambda: _lint(bench, "base", argv, paths),
        keep=lambda linted: linted.problem is None,
    )
    return _judged(bench, old=old, now=now, version=tool.version)


async def _lint(bench: Bench, side: Side, argv: tuple[str, ...], paths: Sequence[str]) -> _Linted:
    there = tuple(path for path in paths if path in bench.files[side])
    if not there:
        return _Linted()
    copy = await bench.shared_copy(side)
    completed, stdout = await run_whole(bench, (*argv, *there), cwd=copy)
    said = (stdout or "").replace(f"{copy}/", "")
    heard = hear("ruff", stdout=said, stderr=completed.stderr, code=completed.returncode)
    stopped = bench.cut_short(completed)
    return _Linted(
        # What is no rule is a syntax error, of which others tell.
        findings=tuple(found for found in heard.findings if _RULE.fullmatch(found.rule or "")),
        problem=f"ruff {stopped}" if stopped else heard.problem,
        duration_s=completed.duration_s,
    )


def _judged(bench: Bench, *, old: _Linted, now: _Linted, version: str) -> CheckResult:
    """What is new by file, rule and message is due to the change, whatever line it is told of."""
    duration = old.duration_s + now.duration_s
    if now.problem is not None:
        if old.problem is not None:
            return _result("skipped", f"not on the base either: {now.problem}", duration)
        finding = Finding(check=CHECK, message=now.problem)
        return _result("error", now.problem, duration, (finding,), version=version)
    gone = bench.files["base"] - bench.files["after"]
    found = new_findings(old.findings, now.findings, gone=gone)
    told = [_told(finding, bench.policy.security) for finding in found]
    told.sort(key=lambda finding: finding.severity != "blocking")
    blocking = sum(finding.severity == "blocking" for finding in told)
    summary = f"{len(told)} new, {blocking} of them blocking" if told else _CLEAN
    status: CheckStatus = "failed" if blocking else "passed"
    return _result(status, summary, duration, tuple(told), version=version)


def _told(finding: Finding, usual: Severity) -> Finding:
    rule = finding.rule or ""
    severity: Severity = "warning" if rule in SECRETS else usual
    return finding.model_copy(
        update={
            "check": CHECK,
            "message": f"{finding.message} Write it without, or let the task allow security.",
            "severity": "blocking" if rule in SERIOUS else severity,
        }
    )


def _result(
    status: CheckStatus,
    summary: str,
    duration_s: float,
    findings: tuple[Finding, ...] = (),
    *,
    version: str | None = None,
) -> CheckResult:
    return CheckResult(
        check=CHECK,
        status=status,
        summary=summary,
        duration_s=duration_s,
        findings=capped(findings),
        tool_version=version,
    )


def _skipped(why: str) -> CheckResult:
    return _result("skipped", why, 0)
