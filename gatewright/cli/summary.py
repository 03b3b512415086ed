"""What a finished run prints."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gatewright.domain.errors import (
    EXIT_AWAITING_HUMAN,
    EXIT_DONE,
    EXIT_FAILED,
)
from gatewright.domain.result import TaskResult

EXIT_STOPPED = 130
"""Stopped by a signal at a safe point, as shells have it for SIGINT."""
_EXITS = {
    "done": EXIT_DONE,
    "failed": EXIT_FAILED,
    "cancelled": EXIT_FAILED,
    "awaiting_human": EXIT_AWAITING_HUMAN,
}


def exit_code(result: TaskResult) -> int:
    """By the state in which the task was left."""
    return _EXITS.get(result.state, EXIT_STOPPED)


def result_json(result: TaskResult) -> dict[str, Any]:
    """The result as one JSON object; docs/cli.md lists its keys."""
    return result.model_dump(mode="json")


def print_summary(result: TaskResult, *, to_stderr: bool = False) -> None:
    """States, who answered, attempts, cost, time, where diff and log are, and what to do next."""
    console = Console(stderr=to_stderr, highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in _rows(result):
        table.add_row(f"[dim]{name}[/]", escape(value))
    console.print()
    console.print(table)
    if result.question is not None:
        _print_question(console, result)
    elif result.state not in _EXITS:
        console.print(f"\nGo on with: [bold]gatewright resume {result.task_id}[/]")


def _rows(result: TaskResult) -> list[tuple[str, str]]:
    rows = [
        ("task", result.task_id),
        ("state", result.state),
        ("states", " → ".join(result.states)),
    ]
    rows += [(role, ", ".join(names)) for role, names in result.models.items()]
    rows += [
        ("attempts", str(result.attempts)),
        ("cost", "not known" if result.cost_usd is None else f"${result.cost_usd:.4f}"),
        ("tokens", f"{result.input_tokens} in, {result.output_tokens} out"),
        ("time", f"{result.duration_seconds:.1f} s"),
    ]
    if result.gate is not None:
        checks = ", ".join(f"{check.check} {check.status}" for check in result.gate.checks)
        rows.append(("gate", f"{checks} ({result.gate.sandbox}; {result.gate.environment})"))
    if result.branch is not None:
        rows.append(("branch", f"{result.branch} in {result.repo}"))
    if result.commit is not None:
        rows.append(("diff", f"gatewright diff {result.task_id}"))
    if result.log is not None:
        rows.append(("log", result.log))
    return rows


def _print_question(console: Console, result: TaskResult) -> None:
    question = result.question
    if question is None:
        return
    console.print(f"\n[bold yellow]A person is asked[/] ({question.stop.at}): ", end="")
    console.print(escape(question.stop.reason))
    for finding in question.stop.findings[:20]:
        place = f"{finding.file}:{finding.line or '?'}: " if finding.file else ""
        console.print(f"  [{finding.check}] {place}{finding.message}", markup=False)
    for choice in question.stop.choices:
        console.print(f"  gatewright resume {result.task_id} --{choice}")
