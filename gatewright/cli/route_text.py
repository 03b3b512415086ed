"""A decision of the router for a terminal: whom it weighed, what it plans, and why."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from gatewright.cli.report_table import shown, wide
from gatewright.domain.decision import Considered, Decision, RoutingRequest
from gatewright.domain.intervals import wilson
from gatewright.learning.dry_run import DryRun, Question
from gatewright.telemetry.decisions import Recorded
from routing.replay import Replayed

_NEXT_TO_NOTHING = 0.05
"""Counts that are forgotten are never quite 0."""
_ORDINALS = ("first attempt", "after one failed attempt", "after two failed attempts")


def print_dry_run(found: DryRun, console: Console | None = None) -> None:
    """One block a question."""
    console = console or wide()
    area = f", area {shown(found.area)}" if found.area else ""
    goal = shown(found.goal.splitlines()[0])
    console.print(f"[bold]{found.task_id}[/]  {goal} ({found.risk} risk{area})")
    for question in found.questions:
        print_question(question, console)


def print_question(question: Question, console: Console) -> None:
    """Who may answer, with the numbers; then the plan and the reason."""
    request, decision = question.request, question.decision
    console.print(f"\n[bold]{request.role}[/], {_when(request)}")
    if decision is None:
        console.print(f"  [red]{shown(question.fault)}[/]")
        return
    print_decision(request, decision, console)
    if len(question.draws) > 1:
        total = sum(question.draws.values())
        said = ", ".join(f"{shown(model)} {times}" for model, times in question.draws.items())
        console.print(f"  [dim]chance has a part in it; of {total} other draws: {said}[/]")


def print_decision(request: RoutingRequest, decision: Decision, console: Console) -> None:
    """The table of whom it weighed, whom policy refused, the plan, and the sentence."""
    arms = _arms_to_show(request, decision)
    if arms:
        console.print(_table(arms, decision))
    for model, why in decision.refused.items():
        console.print(f"  [yellow]refused[/] {shown(model)}: {shown(why)}")
    if decision.fallback_of:
        console.print(f"  in place of {shown(decision.fallback_of)}, which did not answer")
    console.print(f"  asked: [green]{shown(decision.model)}[/]; plan: {_plan(decision)}")
    figures = _figures(decision)
    if figures:
        console.print(f"  {figures}")
    console.print(f"  {shown(decision.reason)}")


def print_recorded(found: Recorded, again: Replayed, console: Console | None = None) -> None:
    """The decision, what became of it, and whether its record comes out the same."""
    console = console or wide()
    task = f" for {shown(found.task_id)}" if found.task_id else ""
    when = f"{found.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    console.print(f"decision {shown(found.decision.id)}{task}, {when}")
    console.print(f"[bold]{found.request.role}[/], {_when(found.request)}")
    print_decision(found.request, found.decision, console)
    if found.outcome is None:
        console.print("  no verdict (yet)")
    else:
        said = "[green]passed[/]" if found.outcome.passed else "[red]failed[/]"
        console.print(f"  {found.outcome.kind}: {said}, {money(found.outcome.cost_usd)}")
    if again.same:
        console.print("  replayed: the same choice, from the record alone")
    for difference in again.differences:
        console.print(f"  [red]replayed otherwise[/]: {shown(difference)}")


def money(usd: float | None) -> str:
    """An amount as people say it: to the cent where it is more than one."""
    if usd is None:
        return "not known"
    return f"${usd:.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}"


def percent(share: float) -> str:
    """A share of 1."""
    return f"{100 * share:.0f} %"


def counted(passed: float, of: float) -> str:
    """`31 of 50`, with a decimal where old outcomes count for less."""
    return f"{_count(passed)} of {_count(of)}" if of >= _NEXT_TO_NOTHING else "none yet"


def _when(request: RoutingRequest) -> str:
    said = _ORDINALS[min(request.stage, 2)]
    if request.tried:
        said += f" (by {shown(', '.join(request.tried))})"
    if request.exclude:
        said += f"; {shown(', '.join(request.exclude))} made what is reviewed"
    return said


def _arms_to_show(request: RoutingRequest, decision: Decision) -> Sequence[Considered]:
    """Those of this attempt, the likeliest first, then what the plan has for later ones."""
    now = [arm for arm in decision.considered if arm.stage == request.stage]
    now.sort(key=lambda arm: -arm.chance)
    planned = list(enumerate(decision.plan[1:], start=request.stage + 1))
    later = [
        arm
        for stage, model in planned
        for arm in decision.considered
        if (arm.stage, arm.model) == (stage, model)
        and arm.again == (model == decision.plan[stage - request.stage - 1])
    ]
    return [*now, *later]


def _table(arms: Iterable[Considered], decision: Decision) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2))
    for name, right in (("model", 0), ("attempt", 0), ("counted", 1), ("chance (95 %)", 1)):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for name in ("taken as", "cost", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for arm in arms:
        table.add_row(*_row(arm), style="bold" if _is_chosen(arm, decision) else "")
    return table


def _row(arm: Considered) -> tuple[str, ...]:
    low, high = wilson(arm.alpha, arm.beta)
    mean = arm.alpha / (arm.alpha + arm.beta)
    return (
        shown(arm.model),
        f"{arm.stage + 1}{', again' if arm.again else ''}",
        counted(arm.passed, arm.passed + arm.failed),
        f"{percent(mean)} ({100 * low:.0f}-{100 * high:.0f})",
        percent(arm.chance),
        money(arm.usd),
        "-" if arm.seconds is None else f"{arm.seconds:.1f} s",
    )


def _is_chosen(arm: Considered, decision: Decision) -> bool:
    first = min((one.stage for one in decision.considered), default=0)
    return (arm.model, arm.again, arm.stage) == (decision.model, decision.again, first)


def _plan(decision: Decision) -> str:
    steps: list[str] = []
    before = None
    for model in decision.plan or (decision.model,):
        steps.append(shown(model) + (" again" if model == before else ""))
        before = model
    return ", then ".join(steps)


def _figures(decision: Decision) -> str:
    parts = []
    if decision.chance is not None:
        parts.append(f"{percent(decision.chance)} to be accepted")
    if decision.best_model:
        parts.append(f"the best at once: {shown(decision.best_model)}, {money(decision.best_usd)}")
    if decision.value_usd is not None:
        parts.append(f"a solved task is worth {money(decision.value_usd)}")
    if decision.harm_usd:
        parts.append(f"a bad one that is accepted costs {money(decision.harm_usd)}")
    return "; ".join(parts)


def _count(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
