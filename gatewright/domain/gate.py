"""What the quality gate answers."""

from typing import Literal

from gatewright.domain.findings import Clean, Finding, Frozen

CheckStatus = Literal["passed", "failed", "error", "skipped"]


class CheckResult(Frozen):
    """One check's outcome after the change, compared with the base."""

    check: str
    """`tests_intact`, `pytest`, `mypy`, `ruff`, `command:<n>`, ...; `docs/gate.md` lists them."""
    status: CheckStatus
    """`error`: the check itself did not come to a verdict (timeout, early exit); blocks as well."""
    summary: Clean
    """One line for a person."""
    duration_s: float
    findings: tuple[Finding, ...] = ()
    """New ones only, unless severity is below `blocking`."""
    tool_version: str | None = None
    log_tail: Clean = ""
    """The last lines that the tool printed, for a person; never parsed."""


class GateReport(Frozen):
    """All checks of one commit."""

    passed: bool
    commit: str
    checks: tuple[CheckResult, ...]
    sandbox: str
    """How the checks were confined: `bubblewrap`, `landlock (weak)`, `none (unsafe)`."""
    environment: str
    """Whose Python ran the checks."""
    cached: bool = False
    """Whether the same tree had been checked in the same way before, and nothing was run."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every blocking finding, in the order of the checks."""
        return tuple(f for c in self.checks for f in c.findings if f.severity == "blocking")
