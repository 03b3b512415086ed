"""An implementation by a model: ask, read the edits, apply them, and try again where they fail."""

from agents import implementer
from agents.brief import Brief
from agents.room import Room
from gatewright.domain.decision import Decision
from gatewright.domain.edit import EditFormat
from gatewright.domain.errors import EditMismatch, EditRefused
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Step
from nodes.desk import Desk
from nodes.made import Made, NothingApplies, commit_message, words
from nodes.sources import brief
from nodes.stuck import End, repetition, text_name

SMALL_FILE = 300
"""Lines; models write files up to this size whole more reliably than they quote them
(Aider's published figures: 98 % well-formed answers against 92 %)."""


async def write_step(desk: Desk, step: Step, decision: Decision, *, ref: str) -> Made:
    """A commit of the model's edits; an answer that does not apply is sent back with the reason.

    Format retries are counted apart from review rejections.
    Raises: NothingApplies when they are used up, or the answers repeat; BadAnswer,
    BudgetExhausted, ModelFault.
    """
    room, model = desk.room(decision), desk.model(decision)
    told = await _brief(desk, step, room)
    asked = await implementer.ask_for(
        model,
        told,
        step,
        _format(desk, decision.model, told),
        before=await _before(desk),
        room=room,
    )
    messages = asked.messages
    findings: list[Finding] = []
    said: list[End] = []
    for number in range(desk.context.limits.format_retries + 1):
        answer = await implementer.write(model, messages, asked.fmt, room=room)
        made = await _applied(desk, step, answer, ref=ref, key=f"{desk.key}:{number}")
        if isinstance(made, Made):
            return made
        findings.append(Finding(check="edit", message=made))
        desk.emit("edit_refused", model=answer.model, attempt=number + 1, message=made)
        said.append(End(made=text_name(answer.text)))
        repeats = repetition(said, same=desk.context.limits.same, noun="answer")
        if repeats:
            reason = f"no edit applied and it leads nowhere: {repeats}; last: {made}"
            raise NothingApplies(answer.model, reason, findings, repeats=True)
        messages = await implementer.ask_again(model, messages, answer.text, made, room=room)
    raise NothingApplies(
        answer.model,
        f"no edit applied in {len(findings)} answers; last: {findings[-1].message}",
        findings,
    )


async def _applied(
    desk: Desk, step: Step, answer: implementer.Written, *, ref: str, key: str
) -> Made | str:
    """The commit, or what the model must be told."""
    if answer.changes is None:
        return answer.problem
    message = commit_message(step, step.title, answer.model)
    try:
        applied = await desk.context.workspace.apply(
            desk.site,
            desk.state.head,
            answer.changes,
            ref=ref,
            key=key,
            message=message,
            show=desk.shows,
        )
    except EditRefused as error:
        return _explain(error)
    return Made(applied=applied, author=answer.model, title=step.title)


async def _brief(desk: Desk, step: Step, room: Room) -> Brief:
    findings = [Finding.model_validate(finding) for finding in desk.state.findings]
    return await brief(
        desk, desk.state.head, named=step.files, findings=findings, about=words(step), room=room
    )


async def _before(desk: Desk) -> str:
    """The diff of the attempt that was rejected; the next one starts from the same parent."""
    if desk.state.candidate is None:
        return ""
    rejected = Made.model_validate(desk.state.candidate).applied.commit
    return await desk.context.workspace.diff(desk.site, rejected, since=desk.state.head)


def _format(desk: Desk, model: str, told: Brief) -> EditFormat:
    fmt = desk.context.edit_formats.get(model, "auto")
    if fmt != "auto":
        return fmt
    named = (source for source in told.sources if source.path not in told.others)
    small = all(source.text.count("\n") <= SMALL_FILE for source in named)
    return "whole" if small else "search_replace"


def _explain(error: EditRefused) -> str:
    if isinstance(error, EditMismatch) and error.nearest:
        return f"{error}\nThe nearest lines are:\n{error.nearest}"
    return str(error)
