"""The run log: what happened to a task, for people, appended line by line as it happens.

A process that dies leaves everything up to its last event; what it could not write is its summary.
"""

from datetime import UTC, datetime
from pathlib import Path

from gatewright.domain.events import Event, category, describe
from gatewright.domain.metrics import RunMetrics
from gatewright.domain.plain import plain
from gatewright.domain.result import TaskResult
from gatewright.domain.secret_forms import redact
from gatewright.logs import logger

_LOG = logger("gatewright.telemetry")


class RunLog:
    """One Markdown file a task; every run of it is a section.

    It never stops a run: what cannot be written is counted, told once to the operators, and left
    out, and the next entry is tried again. Secrets are taken out of whatever others wrote.
    """

    def __init__(self, folder: Path, task_id: str) -> None:
        self.path = folder / f"{task_id}.md"
        self.failures = 0
        """Entries that could not be written."""
        self._missing = 0
        """Of these, since the last one that was."""

    def begin(self, goal: str) -> None:
        """Open a section."""
        head = f"# {self.path.stem}\n\n{_quoted(goal)}\n"
        self._append(f"\n## Run of {_now()}\n\n", head=head)

    def add(self, event: Event) -> None:
        """Append one event."""
        self._append(f"- {event.at} **{category(event)}** {redact(describe(event)).text}\n")

    def end(self, result: TaskResult) -> None:
        """Append what the run came to."""
        rows = [*_outcome(result), *_machine(result.metrics)]
        table = "".join(f"| {name} | {value} |\n" for name, value in rows)
        self._append(f"\n### Summary\n\n| | |\n|---|---|\n{table}")

    def break_off(self, reason: str) -> None:
        """Append why the run stopped short of a result."""
        self._append(f"- {_now()} **task** stopped: {_line(reason)}\n")

    def _append(self, text: str, *, head: str = "") -> None:
        """`head` is for a file that is new."""
        # A disk that is full may have taken half of the entry before: this one begins a new line.
        gap = f"\n\n({self._missing} entries could not be written.)\n\n" if self._missing else ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write((head if file.tell() == 0 else "") + gap + text)
        except OSError as error:
            self._failed(error)
            return
        self._missing = 0

    def _failed(self, error: OSError) -> None:
        self.failures += 1
        self._missing += 1
        if self.failures == 1:
            _LOG.warning(
                "run_log_not_written",
                path=str(self.path),
                failures=self.failures,
                error=str(error),
                next="make the folder writable, or make room; runs go on, without this log",
            )


def _outcome(result: TaskResult) -> list[tuple[str, str]]:
    done = sum(step.state == "completed" for step in result.steps)
    failed = sum(step.state in ("failed", "rejected") for step in result.steps)
    cost = "not known" if result.cost_usd is None else f"${result.cost_usd:.4f}"
    review = result.question.stop.reason if result.question else "no"
    return [
        ("state", result.state),
        ("duration", f"{result.duration_seconds:.1f} s in nodes, over all runs"),
        ("cost", f"{cost} ({result.input_tokens} tokens in, {result.output_tokens} out)"),
        ("completed", f"{done} of {len(result.steps)} steps"),
        ("failed", f"{failed} steps"),
        ("needs review", _cell(review)),
    ]


def _machine(metrics: RunMetrics | None) -> list[tuple[str, str]]:
    """Of this run alone."""
    if metrics is None:
        return []
    return [
        ("machine", metrics.said()),
        ("beyond thresholds", f"{metrics.threshold_violations} samples"),
        ("trace", metrics.trace_id),
    ]


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    # Redacted first: a secret may reach over the end of a line.
    return plain(" ".join(redact(text).text.split()))


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in redact(text).text.splitlines())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
