"""What a finished run prints."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from gatewright.cli.guard import EXIT_STOPPED
from gatewright.domain.errors import EXIT_AWAITING_HUMAN, EXIT_DONE, EXIT_FAILED
from gatewright.domain.gate import GateReport
from gatewright.domain.human import Question
from gatewright.domain.plain import plain
from gatewright.domain.result import TaskResult

_EXITS = {
    "done": EXIT_DONE,
    "failed": EXIT_FAILED,
    "cancelled": EXIT_FAILED,
    "awaiting_human": EXIT_AWAITING_HUMAN,
}

_RAISED = "  with a raised --max-cost-usd, --max-seconds or --max-tokens"


def exit_code(result: TaskResult) -> int:
    """By the state in which the task was left."""
    return EXIT_STOPPED if _goes_on(result) else _EXITS[result.state]


def result_json(result: TaskResult) -> dict[str, Any]:
    """The result as one JSON object; docs/cli.md lists its keys."""
    return result.model_dump(mode="json")


def print_summary(result: TaskResult, *, to_stderr: bool = False, hint: bool = True) -> None:
    """States, who answered, attempts, cost, time, where diff and log are, and what to do next.

    Without `hint` not the last.
    """
    # Lines are never broken: a path or a command is there to be copied.
    console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)
    rows = _rows(result)
    width = max(len(name) for name, _ in rows)
    console.print()
    for name, value in rows:
        console.print(f"[dim]{name:<{width}}[/]  {escape(plain(value))}")
    if result.question is not None:
        _print_question(console, result.question)
    elif hint and _goes_on(result):
        console.print(f"\nGo on with: [bold]gatewright resume {result.task_id}[/]")


def _goes_on(result: TaskResult) -> bool:
    """Whether it was stopped on its way; on its way to a question as well."""
    return result.state not in _EXITS or (
        result.state == "awaiting_human" and result.question is None
    )


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
    if result.metrics is not None:
        rows.append(("machine", result.metrics.said()))
    if result.gate is not None:
        rows.append(("gate", _gate(result.gate)))
    if result.branch is not None:
        rows.append(("branch", f"{result.branch} in {result.repo}"))
    if result.commit is not None:
        rows.append(("diff", f"gatewright diff {result.task_id}"))
    if result.log is not None:
        rows.append(("log", result.log))
    return rows


def _gate(report: GateReport) -> str:
    """How many checks passed, the others by name, and what they ran in."""
    by_status: dict[str, list[str]] = {}
    for check in report.checks:
        by_status.setdefault(check.status, []).append(check.check)
    passed = by_status.pop("passed", [])
    said = [f"{len(passed)} check{'s' * (len(passed) != 1)} passed"]
    said += [f"{', '.join(names)} {status}" for status, names in by_status.items()]
    kept = "; known from before" if report.cached else ""
    return f"{'; '.join(said)} ({report.sandbox}; {report.environment}{kept})"


def _print_question(console: Console, question: Question) -> None:
    console.print(f"\n[bold yellow]A person is asked[/] ({question.stop.at}): ", end="")
    console.print(escape(plain(question.stop.reason)))
    for finding in question.stop.findings[:20]:
        rule = f" {finding.rule}" if finding.rule else ""
        place = f"{finding.file}:{finding.line or '?'}: " if finding.file else ""
        line = plain(f"  [{finding.check}{rule}] {place}{finding.message}")
        console.print(line, markup=False)
    for choice in question.stop.choices:
        if choice == "edit":
            console.print(f"  gatewright task {question.task_id} --edit FILE")
            continue
        raised = _RAISED if (question.stop.kind, choice) == ("budget", "retry") else ""
        console.print(f"  gatewright resume {question.task_id} --{choice}{raised}")
    console.print(f"[dim]gatewright task {question.task_id} shows all that it asks.[/]")
