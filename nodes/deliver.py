"""The deliver node."""

from langgraph.runtime import Runtime

from gatewright.domain.delivery import Account
from gatewright.domain.gate import GateReport
from gatewright.domain.plan import Plan
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.desk import Desk


async def deliver(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the head that passed the gate; writes the branch, its commits and the outcome.

    What is delivered depends on the state alone: run again, the node finds what it made.
    """
    desk = Desk(state, runtime, node="deliver")
    made = await desk.context.workspace.publish(desk.site, state.head, account_of(desk))
    await desk.context.workspace.close(desk.site)
    desk.emit("delivered", message=made.words)
    return {
        **desk.update(),
        "branch": made.branch,
        "delivered": made.words,
        "head": made.commit,
        "approved": [made.renamed.get(commit, commit) for commit in state.approved],
        "outcome": "done",
    }


def account_of(desk: Desk) -> Account:
    """How the change came about, in words that are the same when the node runs again."""
    plan = Plan.model_validate(desk.state.plan)
    report = GateReport.model_validate(desk.state.gate)
    return Account(
        task_id=desk.task.id,
        goal=desk.task.goal,
        base=desk.task.base or "",
        why=plan.why,
        steps=tuple(step.title for step in plan.steps),
        models={role: tuple(names) for role, names in desk.models.items()},
        checks=tuple(f"{one.check} {one.status}: {one.summary}" for one in report.checks),
        gate=_in_a_line(report),
        cost=_cost(desk),
    )


def _in_a_line(report: GateReport) -> str:
    passed = ", ".join(one.check for one in report.checks if one.status == "passed")
    return f"passed {passed or 'without a check'} ({report.sandbox})"


def _cost(desk: Desk) -> str:
    usd = desk.spent.total_usd()
    tokens = desk.spent.input_tokens + desk.spent.output_tokens
    least = "at least " if desk.spent.uncounted_calls else ""
    return f"{'not known' if usd is None else f'${usd:.4f}'}, {least}{tokens} tokens"
