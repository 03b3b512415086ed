"""A gate's report for a terminal, and the line that moves while something runs."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.plain import plain

_STYLES = {"passed": "green", "failed": "bold red", "error": "bold red", "skipped": "dim"}
_MOST = 50
"""Findings that are shown; `--json` and `--sarif` have all that the report has."""


class Live:
    """What is going on, in one moving line on stderr."""

    def __init__(self) -> None:
        self._status = Status("starting", console=Console(stderr=True, highlight=False))

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def heard(self, result: CheckResult) -> None:
        """A check has ended."""
        self._status.update(
            escape(plain(f"{result.check} {result.status}: {result.summary}"))[:200]
        )

    def progress(self, tried: int, total: int, what: str) -> None:
        """The search has come so far."""
        self._tell(f"{tried} of {total} candidates: {what}")

    def _tell(self, text: str) -> None:
        self._status.update(escape(plain(text)[:200]))


def print_gate(report: GateReport) -> None:
    """Checks as a table, findings as lines, the verdict at the end."""
    console = Console(highlight=False)
    table = Table("check", "status", "time", "what", box=None)
    for result in report.checks:
        style = _STYLES[result.status]
        seconds = f"{result.duration_s:.1f} s" if result.duration_s else ""
        version = f" ({result.tool_version})" if result.tool_version else ""
        table.add_row(
            escape(plain(result.check)) + version,
            f"[{style}]{result.status}[/]",
            seconds,
            escape(plain(result.summary)),
        )
    console.print(table)
    shown = [f for result in report.checks for f in result.findings]
    for finding in sorted(shown, key=lambda f: f.severity != "blocking")[:_MOST]:
        console.print(_line(finding), style=None, markup=False, soft_wrap=True)
    verdict = "[bold green]passed[/]" if report.passed else "[bold red]not passed[/]"
    kept = "; nothing was run: this tree had been checked before" if report.cached else ""
    console.print(f"gate {verdict} ({report.sandbox}; {escape(report.environment)}{kept})")


def _line(finding: Finding) -> str:
    rule = f" {finding.rule}" if finding.rule else ""
    place = f"{finding.file}:{finding.line or '?'}: " if finding.file else ""
    return plain(f"{finding.severity} [{finding.check}{rule}] {place}{finding.message}")
