"""All tasks of a home at a glance, as text for a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gatewright.cli.review_text import ago
from gatewright.domain.plain import plain
from gatewright.tasks.overview import Active, Costs, Overview, Standing
from gatewright.tasks.reviewing import ReviewQueue

_WIDTH = 120
"""At least, so that a pipe cuts no table off."""
_STYLES: dict[Standing, str] = {
    "running": "green",
    "stopped": "yellow",
    "killed": "red",
    "accepted": "dim",
}


def print_overview(found: Overview) -> None:
    """Counts, cost, what is under way, who waits."""
    console, now = _console(), datetime.now(UTC)
    states = ", ".join(f"{count} {state}" for state, count in found.states.items())
    noun = "task" if found.tasks == 1 else "tasks"
    console.print(f"[bold]{found.tasks} {noun}[/]" + (f": {states}" if states else ""))
    console.print(f"cost: {_costs(found.costs)}")
    console.print()
    _print_active(found.active, console, now)
    console.print()
    _print_review(found.review, console, now)


def print_active(found: Sequence[Active]) -> None:
    """What is under way."""
    _print_active(found, _console(), datetime.now(UTC))


def _print_active(found: Sequence[Active], console: Console, now: datetime) -> None:
    if not found:
        console.print("Nothing is under way.")
        return
    names = ("active", "", "state", "step", "attempts", "cost", "since", "runs", "what")
    table = Table(*names, box=None, title_justify="left")
    for one in found:
        style = _STYLES[one.standing]
        table.add_row(
            one.task_id,
            f"[{style}]{one.standing}[/]",
            one.state,
            f"{one.step} of {one.steps}" if one.steps else "-",
            str(one.attempts),
            "not known" if one.cost_usd is None else f"${one.cost_usd:.4f}",
            ago(one.since, now=now),
            str(one.runs),
            escape(plain(_what(one))),
        )
    console.print(table)
    if any(one.standing != "running" for one in found):
        console.print("`gatewright resume --all` goes on with what nobody runs.", style="dim")


def _what(one: Active) -> str:
    """What matters most about it now."""
    goal = one.goal.splitlines()[0]
    if one.cancel is not None:
        return f"to be cancelled{': ' + one.cancel if one.cancel else ''}; {goal}"
    if one.process:
        return f"{'left by' if one.standing == 'killed' else 'by'} {one.process}; {goal}"
    return f"{one.detail}; {goal}" if one.detail else goal


def _print_review(queue: ReviewQueue, console: Console, now: datetime) -> None:
    if not queue.waiting:
        console.print("Nobody waits for a person.")
    else:
        table = Table("needs review", "status", "waits", "goal", box=None)
        for one in queue.waiting:
            status = f"{one.answered.action} is recorded" if one.answered else one.status
            goal = escape(plain(one.goal.splitlines()[0]))
            table.add_row(one.task_id, f"[yellow]{status}[/]", ago(one.since, now=now), goal)
        console.print(table)
        console.print("`gatewright review` shows what they ask.", style="dim")
    print_unreadable(queue, console)


def print_unreadable(queue: ReviewQueue, console: Console) -> None:
    """Tasks of which nobody can say where they stand."""
    for one in queue.unreadable:
        console.print(f"[red]{one.task_id}[/]: {escape(plain(one.problem))}", soft_wrap=True)


def _costs(costs: Costs) -> str:
    said = [
        f"{_usd(spent)} {when}" + (f" of {_usd(limit)}" if limit is not None else "")
        for when, spent, limit in (
            ("today", costs.today_usd, costs.day_limit_usd),
            ("this month", costs.month_usd, costs.month_limit_usd),
        )
    ]
    return ", ".join([*said, f"{_usd(costs.all_usd)} in all"])


def _usd(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def _console() -> Console:
    console = Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    return console
