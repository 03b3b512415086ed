"""What came of a step that was made beside others becomes the task's, when its turn has come."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gatewright.domain.edit import Applied, Conflict
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan
from graph.accept import accepted
from graph.beside import is_approved, run_of
from graph.edges import step_label
from graph.state import Json, RunState
from nodes.desk import Desk
from nodes.made import Made

_UNJUDGED = ("budget", "bad_answer")
"""Stops at which a reviewer has not said anything of the change."""


async def taken(desk: Desk, state: RunState) -> RunState:
    """What came of the step at hand is the task's: merged, or left to be made again."""
    label = step_label(state)
    record = state.beside[label]
    run = run_of(state, label)
    now = replace(state, beside={name: one for name, one in state.beside.items() if name != label})
    if is_approved(record, label):
        return await _merged(desk, now, run, record)
    stop = run.stop or {}
    if stop and stop["kind"] != "budget" and now.head == record["parent"]:
        # Just as if it had been made alone.
        return replace(_with_loop(now, run), candidate=run.candidate, stop=stop)
    if run.candidate and record["ended_at"] == "code_reviewer" and stop.get("kind") in _UNJUDGED:
        return await _to_review(desk, now, run, record)
    return _to_make(desk, now, run, moved=now.head != record["parent"])


async def _merged(desk: Desk, now: RunState, run: RunState, record: Json) -> RunState:
    """An approved change on the head; what it does not fit onto is told to the implementer."""
    label = step_label(now)
    merged = await desk.context.workspace.merge(
        desk.site,
        now.head,
        run.head,
        parent=record["parent"],
        ref=f"{label}/merged",
        key=f"{desk.key}:{label}",
    )
    if merged.applied is None:
        return _refused(desk, now, run, merged.conflicts)
    _tell(desk, now, merged.applied)
    candidate = {"applied": merged.applied.model_dump(mode="json")}
    done = replace(now, **accepted(replace(now, candidate=candidate)))
    return replace(
        done, waiting=[*now.waiting, *run.waiting], avoid=joined(now.avoid, run.avoid), stop=None
    )


async def _to_review(desk: Desk, now: RunState, run: RunState, record: Json) -> RunState:
    """A change that nobody has judged yet, on the head, for the reviewer."""
    made = Made.model_validate(run.candidate)
    label = step_label(now)
    merged = await desk.context.workspace.merge(
        desk.site,
        now.head,
        made.applied.commit,
        parent=record["parent"],
        ref=f"{label}/merged",
        key=f"{desk.key}:{label}",
    )
    if merged.applied is None:
        return _refused(desk, now, run, merged.conflicts)
    candidate = made.model_copy(update={"applied": merged.applied}).model_dump(mode="json")
    return replace(
        _with_loop(now, run),
        candidate=candidate,
        left_off=run.left_off,
        resume_at="code_reviewer",
    )


def _refused(desk: Desk, now: RunState, run: RunState, conflicts: Iterable[Conflict]) -> RunState:
    """The step is made again on the head, by whoever is first in turn: nobody has failed."""
    findings = [
        Finding(
            check="merge",
            file=one.path,
            message="This step was made at the same time as the steps before it, and its change "
            f"does not fit onto theirs: {one.why} Make it again on the files as they are now.",
        )
        for one in conflicts
    ]
    paths = ", ".join(finding.file or "" for finding in findings)
    _say(desk, now, "edit_refused", f"does not fit onto the steps before it: {paths}")
    return replace(
        now,
        findings=[finding.model_dump(mode="json") for finding in findings],
        avoid=joined(now.avoid, run.avoid),
        resume_at="implementer",
    )


def _to_make(desk: Desk, now: RunState, run: RunState, *, moved: bool) -> RunState:
    """What a step's own loop did not bring to its end; on another head it has one more turn."""
    again = _with_loop(now, run)
    most = max(desk.context.limits.rejections - 1, 0)
    return replace(
        again,
        candidate=None if moved else run.candidate,
        rejections=min(again.rejections, most),
        left_off=run.left_off,
        resume_at="implementer",
    )


def _with_loop(now: RunState, run: RunState) -> RunState:
    """The state with the loop of the step's own."""
    return replace(
        now,
        rejections=run.rejections,
        tried=run.tried,
        findings=run.findings,
        waiting=[*now.waiting, *run.waiting],
        avoid=joined(now.avoid, run.avoid),
        ends={**now.ends, **run.ends},
    )


def _tell(desk: Desk, now: RunState, applied: Applied) -> None:
    files = ", ".join(applied.files) or "nothing to change"
    said = f"merged ({files} +{applied.lines_added} -{applied.lines_deleted})"
    _say(desk, now, "edit_applied", said)


def _say(desk: Desk, now: RunState, kind: Any, message: str) -> None:
    step = Plan.model_validate(now.plan).steps[now.step]
    desk.emit(
        kind,
        step=now.step + 1,
        steps=len((now.plan or {})["steps"]),
        message=f"{step.title}: {message}",
    )


def joined(some: list[str], more: list[str]) -> list[str]:
    """Both, each once, in order."""
    return list(dict.fromkeys([*some, *more]))
