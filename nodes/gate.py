"""The quality gate node."""

from collections.abc import Callable
from datetime import UTC, datetime

from langgraph.runtime import Runtime

from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.plan import Plan
from graph.context import Context
from graph.state import RunState, RunUpdate
from nodes.attempts import judge_kept
from nodes.desk import Desk
from nodes.stopping import GATE_LOOP, NOT_OVERRULED, enough, failing, turn
from nodes.stuck import End, report_name


async def check_gate(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads the head; writes the report, and the findings that a repair must answer.

    No model is asked, and nothing is changed: run again, it comes to the same verdict.
    """
    desk = Desk(state, runtime, node="quality_gate")
    report = await desk.context.gate.check(
        desk.site,
        state.head,
        desk.task.gate,
        risk=desk.task.risk,
        scope=_scope(desk),
        on_check=_recorder(desk),
    )
    for attempt in state.waiting if _is_verdict(report) else ():
        judge_kept(desk, attempt, "gate", passed=report.passed)
    if report.passed:
        judge_kept(desk, state.plan_attempt, "gate", passed=True)
    update: RunUpdate = {
        **desk.update(),
        "waiting": [],
        "gate": report.model_dump(mode="json"),
        "findings": [finding.model_dump(mode="json") for finding in report.findings],
    }
    if report.passed:
        return update
    tree = await desk.context.workspace.tree(desk.site, state.head)
    return {**update, **_failed(desk, report, tree)}


def _is_verdict(report: GateReport) -> bool:
    """Whether it says something of the work: checks that broke down (a timeout of ours) do not."""
    return report.passed or any(check.status == "failed" for check in report.checks)


def _scope(desk: Desk) -> tuple[str, ...]:
    """The files that the plan names; none when a step could not know its files."""
    plan = Plan.model_validate(desk.state.plan)
    if any(not step.files for step in plan.steps):
        return ()
    return tuple(dict.fromkeys(path for step in plan.steps for path in step.files))


def _failed(desk: Desk, report: GateReport, tree: str) -> RunUpdate:
    failures = desk.state.gate_failures + 1
    attempts = [one for one in desk.state.waiting if one["role"] == "implementer"]
    last = attempts[-1] if attempts else {}
    end = End(
        made=tree, wrong=report_name(report), by=last.get("model", ""), then=last.get("then", "")
    )
    ends, repeats = turn(desk, GATE_LOOP, end)
    return {
        "gate_failures": failures,
        "rejections": 0,
        "tried": [*desk.state.tried, *(one["model"] for one in attempts[-1:])],
        "ends": ends,
        **enough(
            desk,
            failures,
            repeats,
            kind="gate_failed",
            what="the gate failed",
            last=failing(report),
            findings=report.findings,
            choices=NOT_OVERRULED,
        ),
    }


def _recorder(desk: Desk) -> Callable[[CheckResult], None]:
    attempt = desk.state.gate_failures + 1

    def record(check: CheckResult) -> None:
        desk.emit(
            "gate_check",
            duration_s=check.duration_s,
            message=f"{check.check} {check.status}: {check.summary}",
        )
        desk.context.telemetry.record(
            "gate_checks",
            {
                "node": desk.node,
                "checked_at": datetime.now(UTC),
                "commit": desk.state.head,
                "gate": check.check,
                "status": check.status,
                "passed": check.status in ("passed", "skipped"),
                "findings": len(check.findings),
                "attempt": attempt,
                "duration_ms": check.duration_s * 1000,
                "evidence": {"summary": check.summary, "tool_version": check.tool_version},
            },
        )

    return record
