"""What `gatewright models simulate` prints: what was spent, and what others would have."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from gatewright.cli.models_text import WIDTH, print_problems
from gatewright.cli.report_table import shown, wide
from gatewright.cli.route_text import money, percent
from gatewright.learning.episodes import Spent
from gatewright.learning.expected import Estimate
from gatewright.learning.simulate import Simulation

_MOST_NAMED = 3
"""Models of a policy, those that it asks most; `--json` has all."""


def print_simulation(found: Simulation, console: Console | None = None) -> None:
    """What was spent, then each policy beside it, a table a role."""
    console = console or wide(least=WIDTH)
    if not found.spent:
        console.print(f"No question was put to the router in the last {found.days:g} days.")
    for done in found.spent:
        estimates = [one for one in found.estimates if one.role == done.role]
        if done.questions:
            console.print(_policies(done, estimates))
        if done.undecided:
            questions = f"{done.undecided} question{'s' * (done.undecided != 1)}"
            console.print(f"[dim]{done.role}: {questions} without a verdict left out[/]")
    if found.spent:
        console.print(f"\n[yellow]{shown(found.note)}[/]")
    print_problems(found.problems, console)


def _policies(done: Spent, estimates: Sequence[Estimate]) -> Table:
    title = f"{done.role}: {done.questions} questions"
    table = Table(title=title, box=None, title_justify="left")
    table.add_column("policy", no_wrap=True)
    for name in ("passed", "cost", "of what was spent", "attempts", "thin"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("who would answer")
    table.add_row(
        "really done",
        percent(done.passed / done.questions) if done.questions else "-",
        _spend(done.cost_usd, done.unpriced),
        "",
        str(done.attempts),
        "",
        "",
        style="bold",
    )
    for one in estimates:
        table.add_row(*_estimate(one, done))
    return table


def _estimate(one: Estimate, done: Spent) -> tuple[str, ...]:
    answered = done.questions - one.unanswered
    name = shown(one.policy)
    if one.unanswered:
        name += f" ({one.unanswered} unanswered)"
    return (
        f"est. {name}",
        percent(one.passed / answered) if answered > 0 else "-",
        _spend(one.cost_usd, one.unpriced),
        percent(one.cost_usd / done.cost_usd) if done.cost_usd else "-",
        f"{one.attempts:.1f}",
        percent(one.thin),
        _who(one),
    )


def _who(one: Estimate) -> str:
    named = list(one.models.items())[:_MOST_NAMED]
    said = [f"{shown(model)} {percent(attempts / one.attempts)}" for model, attempts in named]
    return ", ".join(said) + (", ..." if len(one.models) > _MOST_NAMED else "")


def _spend(usd: float, unpriced: float) -> str:
    return money(usd) + (f" + {unpriced:.0f} not known" if unpriced >= 0.5 else "")
