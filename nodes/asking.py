"""The question that a person is asked: the stop, with what is needed to answer it."""

from collections.abc import Sequence

from gatewright.domain.findings import Finding
from gatewright.domain.human import Question, Stop
from nodes.desk import Desk
from nodes.stopping import steps_left

MOST_DIFF = 60_000
"""Characters; a question is kept in the checkpoint, and read by a person."""
CUT = "... cut here by Gatewright"
"""Begins the last line of a diff that is shown in part."""


async def question_of(desk: Desk, stop: Stop) -> Question:
    """Reads only, so it may be asked again after a crash and comes out the same."""
    state = desk.state
    return Question(
        task_id=desk.task.id,
        goal=desk.task.goal,
        stop=stop,
        plan=state.plan,
        commit=at_hand(desk) or state.head or None,
        diff=await _diff(desk, stop),
        concerns=tuple(state.concerns),
        left=steps_left(state),
        spent=state.spent,
    )


def asked_again(question: Question, problem: str, findings: Sequence[Finding]) -> Question:
    """The same question to somebody whose edit cannot be taken, with the reason."""
    stop = question.stop
    reason = f"your edit was refused: {problem}; before that: {stop.reason}"
    stop = stop.model_copy(update={"reason": reason, "findings": (*findings, *stop.findings)})
    return question.model_copy(update={"stop": stop})


def at_hand(desk: Desk) -> str | None:
    """The commit under review, if there is one."""
    candidate = desk.state.candidate
    return candidate["applied"]["commit"] if candidate else None


def made_on(desk: Desk, stop: Stop) -> str:
    """The commit that a person's diff is applied to, and that the diff they see starts from: the
    change at hand is replaced, and to the gate that is the whole of it."""
    if stop.at == "quality_gate" or "edit" not in stop.choices:
        return desk.state.base_commit
    return desk.state.head


async def _diff(desk: Desk, stop: Stop) -> str:
    since, commit = made_on(desk, stop), at_hand(desk) or desk.state.head
    if not commit or commit == since:
        return ""
    text = await desk.context.workspace.diff(desk.site, commit, since=since)
    if len(text) <= MOST_DIFF:
        return text
    shown = text[: text.rindex("\n", 0, MOST_DIFF) + 1] if "\n" in text[:MOST_DIFF] else ""
    lines = text[len(shown) :].count("\n")
    return f"{shown}{CUT}: {lines} more lines; `git diff {since} {commit}` shows all\n"
