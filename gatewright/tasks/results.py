"""A task's result, read from its checkpoints."""

import asyncio
import os.path
from pathlib import Path
from typing import TYPE_CHECKING

from gatewright.domain.entry import Entry
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Finding
from gatewright.domain.gate import GateReport
from gatewright.domain.result import StepResult, TaskResult
from gatewright.tasks.running import Position, config, following, position, state_of
from graph.standing import step_states, walked
from graph.state import RunState
from nodes.money import Spent

if TYPE_CHECKING:
    from gatewright.tasks.running import Develop


async def read_result(graph: "Develop", entry: Entry, *, log: Path) -> TaskResult:
    """Everything that a task has come to so far; `entry` as it is now.

    Raises: EnvironmentFault for a checkpoint of another version, unless the task was cancelled.
    """
    task_id = entry.task.id
    cancelled = entry.state == "cancelled"
    now = await _position(graph, entry)
    snapshots = [s async for s in graph.aget_state_history(config(task_id))]
    states = walked([(state_of(s.values), following(s)) for s in reversed(snapshots)])
    standing = "cancelled" if cancelled else now.task_state
    if states[-1] != standing:
        # The end of a run that was killed before its last checkpoint has no snapshot of its own.
        states = (*states, standing)
    state = now.state or RunState(task={}, base_commit=entry.base_commit)
    spent = Spent.model_validate(state.spent)
    return TaskResult(
        task_id=task_id,
        state=standing,
        goal=entry.task.goal,
        repo=str(entry.task.repo),
        branch=state.branch or None,
        delivered=state.delivered or None,
        commit=_commit(state),
        base=state.base_commit or entry.base_commit,
        states=(*states, "cancelled") if cancelled else states,
        steps=_steps(now, state),
        attempts=sum(state.attempts.values()),
        models={role: tuple(names) for role, names in state.models.items()},
        cost_usd=spent.total_usd(),
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        duration_seconds=round(spent.seconds, 3),
        findings=_findings(now, state),
        gate=GateReport.model_validate(state.gate) if state.gate else None,
        question=None if cancelled else now.question,
        interrupt_id=None if cancelled else now.question_id,
        log=str(log) if await asyncio.to_thread(os.path.exists, log) else None,
    )


async def _position(graph: "Develop", entry: Entry) -> Position:
    try:
        return await position(graph, entry.task.id)
    except EnvironmentFault:
        if entry.state != "cancelled":
            raise
        # It ended without having been understood: that must not keep anybody from seeing it.
        return Position(state=None, following=(), question=None, question_id=None)


def _commit(state: RunState) -> str | None:
    return state.head if state.head and state.head != state.base_commit else None


def _steps(now: Position, state: RunState) -> tuple[StepResult, ...]:
    if state.plan is None:
        return ()
    return tuple(
        StepResult(
            title=step["title"],
            state=standing,
            attempts=state.attempts.get(str(index + 1), 0),
            commit=state.approved[index] if index < len(state.approved) else None,
        )
        for index, (step, standing) in enumerate(
            zip(state.plan["steps"], step_states(state, now.following), strict=True)
        )
    )


def _findings(now: Position, state: RunState) -> tuple[Finding, ...]:
    if now.question is not None:
        return now.question.stop.findings
    return tuple(Finding.model_validate(finding) for finding in state.findings)
