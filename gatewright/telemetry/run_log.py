"""The run log: what happened to a task, for people, appended line by line as it happens.

A process that dies leaves everything up to its last event; what it could not write is its summary.
"""

from datetime import UTC, datetime
from pathlib import Path

from gatewright.domain.events import Event, category, describe
from gatewright.domain.metrics import RunMetrics, Spread
from gatewright.domain.plain import plain
from gatewright.domain.result import TaskResult


class RunLog:
    """One Markdown file a task; every run of it is a section."""

    def __init__(self, folder: Path, task_id: str) -> None:
        self.path = folder / f"{task_id}.md"

    def begin(self, goal: str) -> None:
        """Open a section. Raises: OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        head = f"# {self.path.stem}\n\n{_quoted(goal)}\n" if new else ""
        self._append(f"{head}\n## Run of {_now()}\n\n")

    def add(self, event: Event) -> None:
        """Append one event. Raises: OSError."""
        self._append(f"- {event.at} **{category(event)}** {describe(event)}\n")

    def end(self, result: TaskResult) -> None:
        """Append what the run came to. Raises: OSError."""
        rows = [*_outcome(result), *_machine(result.metrics)]
        table = "".join(f"| {name} | {value} |\n" for name, value in rows)
        self._append(f"\n### Summary\n\n| | |\n|---|---|\n{table}")

    def break_off(self, reason: str) -> None:
        """Append why the run stopped short of a result. Raises: OSError."""
        self._append(f"- {_now()} **task** stopped: {plain(' '.join(reason.split()))}\n")

    def _append(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)


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
    spreads = (
        ("cpu", metrics.cpu_percent),
        ("memory", metrics.memory_percent),
        ("disk", metrics.disk_percent),
        ("gpu", metrics.gpu_percent),
    )
    shown = [f"{name} {_spread(spread)}" for name, spread in spreads if spread is not None]
    samples = f"{metrics.sample_count} samples in {metrics.duration_seconds:.1f} s"
    return [
        ("machine", f"{', '.join(shown) or 'not measured'} ({samples})"),
        ("beyond thresholds", f"{metrics.threshold_violations} samples"),
        ("trace", metrics.trace_id),
    ]


def _spread(spread: Spread) -> str:
    return f"{spread.avg:.0f} % (at most {spread.max:.0f})"


def _cell(text: str) -> str:
    return plain(" ".join(text.split())).replace("|", "\\|")


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in text.splitlines())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
