"""A question to a person, and the queue of them, as text for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from gatewright.cli.review_diff import coloured
from gatewright.domain.findings import Finding
from gatewright.domain.human import Choice, Question
from gatewright.domain.plain import plain
from gatewright.tasks.reviewing import Waiting, edits_plan

_MOST_SAID = 3
"""Concerns of one task that the queue shows; `gatewright task` shows all."""
_MOST_FINDINGS = 50


def print_queue(queue: Sequence[Waiting], console: Console, *, now: datetime) -> None:
    """Who waits, for what, since when, and how to answer."""
    if not queue:
        console.print("Nobody waits for a person.")
        return
    for one in queue:
        _print_waiting(one, console, now)
    console.print(f"{len(queue)} waiting; `gatewright task TASK` shows plan, diff and findings.")


def _print_waiting(one: Waiting, console: Console, now: datetime) -> None:
    stop = one.question.stop
    console.print(
        _line(
            (one.task_id, "bold"),
            (f"  {one.status}", "bold yellow"),
            (f"  ({stop.at}, {one.risk} risk, {one.priority} priority, ", "dim"),
            (f"{ago(one.since, now=now)})", "dim"),
        )
    )
    rows = [("goal", one.goal), ("why", stop.reason)]
    rows += [("concern", said) for said in one.question.concerns[-_MOST_SAID:]]
    rows += [("finding", finding_line(f)) for f in stop.findings[:_MOST_SAID]]
    rows.append(("spent", spending(one.question.spent)))
    if one.answered is not None:
        word = f"{one.answered.action} is recorded; `gatewright resume {one.task_id}` goes on"
        rows.append(("answered", word))
    else:
        rows.append(("answer", " | ".join(flags(one.question))))
    _print_rows(rows, console)
    console.print()


def print_asked(one: Waiting, console: Console, *, now: datetime, most_lines: int = 0) -> None:
    """The whole question: goal, why, plan, concerns, findings, spend, what is left, the diff.

    `most_lines` of the diff, 0: all of it.
    """
    question, stop = one.question, one.question.stop
    waits = f"  ({stop.at}, waits {ago(one.since, now=now)})"
    console.print(_line((one.task_id, "bold"), (f"  {one.status}", "bold yellow"), (waits, "dim")))
    _print_rows([("goal", question.goal), ("why", stop.reason)], console)
    _print_rows(_plan_rows(question.plan), console)
    rows = [("concern", said) for said in question.concerns]
    rows += [("finding", finding_line(f)) for f in stop.findings[:_MOST_FINDINGS]]
    rows += [("left", title) for title in question.left]
    rows += [("spent", spending(question.spent)), *spent_on(question.spent)]
    _print_rows(rows, console)
    if question.diff:
        console.print()
        print_diff(question.diff, console, most_lines=most_lines)


def print_diff(diff: str, console: Console, *, most_lines: int = 0) -> None:
    """A diff in colours; what is cut is said."""
    lines = diff.splitlines()
    cut = max(0, len(lines) - most_lines) if most_lines else 0
    console.print(coloured("\n".join(lines[: len(lines) - cut])))
    if cut:
        console.print(f"... and {cut} more lines", style="dim")


def flags(question: Question) -> list[str]:
    """What `gatewright task` takes as an answer, in the order of the choices."""
    what = "PLAN" if edits_plan(question.stop) else "DIFF"
    said: dict[Choice, str] = {
        "approve": "--approve",
        "retry": "--retry --note TEXT",
        "edit": f"--edit {what}",
        "reject": "--reject --reason TEXT",
    }
    if question.stop.kind == "budget":
        said["retry"] = "--budget usd=..,tokens=..,seconds=.."
    return [said[choice] for choice in question.stop.choices]


def finding_line(finding: Finding) -> str:
    """Who says it, where, and what."""
    rule = f" {finding.rule}" if finding.rule else ""
    place = f"{finding.file}:{finding.line or '?'}: " if finding.file else ""
    return f"[{finding.check}{rule}] {place}{finding.message}"


def spending(spent: Mapping[str, Any]) -> str:
    """A task's spending in one line."""
    return f"{_spend(spent)}, {spent.get('seconds', 0):.0f} s in nodes"


def spent_on(spent: Mapping[str, Any]) -> list[tuple[str, str]]:
    """By role and model, the dearest first; nothing for what was spent before that was kept."""
    shares = sorted(spent.get("by", ()), key=lambda one: (-one["cost_usd"], one["role"]))
    return [("", f"{one['role']} by {one['model']}: {_spend(one)}") for one in shares]


def _spend(spent: Mapping[str, Any]) -> str:
    cost = "cost not known" if spent.get("unpriced_calls") else f"${spent.get('cost_usd', 0):.4f}"
    return f"{cost}, {spent.get('input_tokens', 0) + spent.get('output_tokens', 0)} tokens"


def ago(moment: str, *, now: datetime) -> str:
    """How long ago a moment (ISO 8601) was, in its two largest units."""
    seconds = max(0, int((now - datetime.fromisoformat(moment).astimezone(UTC)).total_seconds()))
    parts: list[str] = []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size or (name == "s" and not parts):
            parts.append(f"{seconds // size} {name}")
            seconds %= size
        elif parts:
            break
    return " ".join(parts[:2])


def _plan_rows(plan: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if plan is None:
        return
    yield "plan", str(plan.get("why", ""))
    for number, step in enumerate(plan.get("steps", ()), start=1):
        files = f" ({', '.join(step.get('files', ()))})" if step.get("files") else ""
        yield f"step {number}", f"{step.get('title', '')}{files}"
        yield "", str(step.get("what", ""))
    for risk in plan.get("risks", ()):
        yield "risk", str(risk)


def _print_rows(rows: Sequence[tuple[str, str]] | Iterator[tuple[str, str]], out: Console) -> None:
    """Names to the left, texts of others beside them, their lines below each other."""
    for name, text in rows:
        first, *more = plain(text).splitlines() or [""]
        out.print(_line((f"  {name:<9}", "dim"), (first, "")))
        for line in more:
            out.print(_line((" " * 11 + line, "")))


def _line(*parts: tuple[str, str]) -> Text:
    text = Text(overflow="fold")
    for part, style in parts:
        text.append(plain(part), style=style)
    return text
