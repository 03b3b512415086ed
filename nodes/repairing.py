"""An implementation by the built-in repair engine."""

import asyncio
from collections.abc import Callable

from gatewright.domain.decision import Decision
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Step
from gatewright.repair.engine import Problem, Repair, repair
from nodes.desk import Desk
from nodes.made import Made, NothingApplies, commit_message
from nodes.money import budget_left


async def repair_step(desk: Desk, step: Step, decision: Decision, *, ref: str) -> Made:
    """Search a change that makes the failing tests pass, and commit it.

    It costs nothing but time, so no other limit of the budget stops it.
    Raises: NothingApplies when none is found; BudgetExhausted.
    """
    desk.check_time()
    found = await _search(desk)
    if found.changes is None:
        desk.check_time()  # a search that was cut short says nothing of the bug
        findings = [
            Finding(check="builtin/repair", rule=test, message="this test still fails")
            for test in found.failing_before
        ]
        reason = f"the repair engine found no change: {found.why}"
        raise NothingApplies(decision.model, reason, findings)
    desk.emit("engine_progress", message=found.why)
    told = step.model_copy(update={"what": f"{step.what}\n\n{told_of(found)}"})
    applied = await desk.context.workspace.apply(
        desk.site,
        desk.state.head,
        found.changes,
        ref=ref,
        key=desk.key,
        message=commit_message(told, found.title, decision.model),
        show=desk.shows,
    )
    return Made(applied=applied, author=decision.model, title=found.title, digest=found.digest)


def told_of(found: Repair) -> str:
    """Why this change, and what else would have passed, for those who review the commit."""
    lines = [f"{found.why}."]
    if found.alternatives:
        lines.append("\nOther changes that make the failing tests pass, and where they part:")
    lines += [
        f"- {other.title}: {other.call} gives {other.gives}, here {other.chosen_gives}"
        for other in found.alternatives
    ]
    return "\n".join(lines)


async def _search(desk: Desk) -> Repair:
    limits = desk.context.limits
    left = budget_left(desk.task.budget, desk.spending())
    tools = await asyncio.to_thread(desk.context.toolchain, desk.site)
    async with desk.context.workspace.checkout(desk.site, desk.state.head) as root:
        problem = Problem(
            root=root,
            tests=desk.task.gate.pytest or (),
            python=tools.python,
            readable=tools.readable,
            roots=tools.roots,
            max_seconds=limits.repair_seconds if left is None else min(limits.repair_seconds, left),
            max_candidates=limits.repair_candidates,
            avoid=frozenset(desk.state.avoid),
        )
        return await repair(problem, desk.context.runner.run, on_progress=_teller(desk))


def _teller(desk: Desk) -> Callable[[int, int, str], None]:
    def tell(tried: int, total: int, what: str) -> None:
        desk.emit("engine_progress", message=f"{tried} of {total} candidates: {what}")

    return tell
