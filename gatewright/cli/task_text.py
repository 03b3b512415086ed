"""One task for a terminal: where it stands, what happened, what it asks."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from gatewright.cli.review_text import flags, print_asked
from gatewright.cli.summary import print_summary
from gatewright.domain.entry import Happening
from gatewright.domain.plain import plain
from gatewright.domain.result import TaskResult
from gatewright.tasks.reviewing import Waiting


def print_task(result: TaskResult, one: Waiting | None, happened: Sequence[Happening]) -> None:
    """The summary without the question, the history, and the question with all that it has."""
    console = Console(highlight=False, soft_wrap=True)
    print_summary(result.model_copy(update={"question": None}), hint=one is None)
    console.print("\n[dim]history[/]")
    for line in map(happening_line, happened):
        console.print(f"  {escape(plain(line))}")
    if one is None:
        return
    console.print()
    print_asked(one, console, now=datetime.now(UTC))
    console.print()
    if one.answered is not None:
        console.print(f"{one.answered.action} is recorded; gatewright resume {one.task_id} goes on")
        return
    for flag in flags(one.question):
        console.print(f"  gatewright task {one.task_id} {flag}", markup=False)


def happening_line(event: Happening) -> str:
    """One thing that happened, in one line: when, what, who, why."""
    said = {
        "accepted": "accepted",
        "began": f"run {event.run} began",
        "ended": f"run {event.run} ended: {event.how}",
        "state": str(event.state),
        "cancel_asked": "to be cancelled",
        "reopened": f"goes on after all: {event.state}",
        "answered": f"answered: {event.answer.action if event.answer else ''}",
    }[event.kind]
    note = event.answer.note if event.answer else event.detail
    whom = f" by {event.by}" if event.by else ""
    why = f" ({' '.join(note.split())})" if note else ""
    return f"{event.at[:19]}  {said}{whom}{why}"
