"""The implementer: a step becomes edits, written as text and never as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents import edit_formats
from agents.brief import Brief, source_section, step_section, task_section
from agents.fitting import Fitted, Section, Turn
from agents.repository_map import one_line
from agents.room import Room, estimated
from agents.sections import (
    diff_part,
    file_parts,
    findings_part,
    map_part,
    needed,
    notes_part,
)
from agents.telling import most_output, tell, tell_again
from gatewright.domain.conversation import Message
from gatewright.domain.edit import ChangeSet, EditFormat
from gatewright.domain.errors import BadAnswer
from gatewright.domain.plan import Step
from gatewright.domain.ports import Model


@dataclass(frozen=True, kw_only=True)
class Written:
    """One answer of the implementer."""

    text: str
    model: str
    changes: ChangeSet | None
    """None when the text holds no edit in the format asked for."""
    problem: str = ""
    """What is wrong with its form, for the next try."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How a step was asked for."""

    messages: list[Message]
    fmt: EditFormat
    """The form that was asked for, which need not be the one that was wished for."""


async def ask_for(
    model: Model,
    brief: Brief,
    step: Step,
    fmt: EditFormat,
    *,
    before: str = "",
    room: Room | None = None,
) -> Asked:
    """The conversation that asks for a step; `before` is the rejected attempt's diff.

    Whole files are asked for only where the model sees all of the files that are named, and where
    its answer can hold the longest of them.
    Raises: ModelFault("context_too_long") when what is needed does not fit.
    """
    if fmt == "whole" and room is not None and _longest(brief) > room.output // 2:
        fmt = "search_replace"
    told = await tell(
        model, "implementer", _sections(brief, step, fmt, before=before, room=room), room=room
    )
    if fmt == "whole" and _hidden(brief, told.fitted):
        fmt = "search_replace"
        told = await tell(
            model, "implementer", _sections(brief, step, fmt, before=before, room=room), room=room
        )
    return Asked(messages=told.messages, fmt=fmt)


async def write(
    model: Model, messages: Sequence[Message], fmt: EditFormat, *, room: Room | None = None
) -> Written:
    """One answer, read in the format that was asked for.

    Raises: ModelFault.
    """
    reply = await model.reply(messages, max_output_tokens=most_output(room))
    if reply.finish_reason == "length":
        return Written(
            text=reply.text,
            model=reply.model,
            changes=None,
            problem="the answer was cut off at the output limit; write fewer or smaller edits",
        )
    try:
        changes = edit_formats.parse(reply.text, fmt=fmt, model=reply.model)
    except BadAnswer as error:
        return Written(text=reply.text, model=reply.model, changes=None, problem=error.problem)
    return Written(text=reply.text, model=reply.model, changes=changes)


async def ask_again(
    model: Model, messages: Sequence[Message], text: str, problem: str, *, room: Room | None = None
) -> list[Message]:
    """The conversation with an answer that could not be applied, and why, within the window."""
    return await tell_again(model, messages, text, _refusal(problem), room=room)


def _refusal(problem: str) -> str:
    return (
        f"No file was changed, because: {problem}\n"
        "Answer again with all edits of the step, in the same format."
    )


def _longest(brief: Brief) -> int:
    named = (file for file in brief.sources if file.path not in brief.others)
    return max((estimated(source_section(file)) for file in named), default=0)


def _hidden(brief: Brief, fitted: Fitted) -> bool:
    names = {one_line(file.path) for file in brief.sources if file.path not in brief.others}
    return not names.isdisjoint((*fitted.shortened, *fitted.left_out))


def _sections(
    brief: Brief, step: Step, fmt: EditFormat, *, before: str, room: Room | None = None
) -> list[Section]:
    return [
        needed(task_section(brief.task)),
        needed(step_section(step)),
        findings_part(brief.findings),
        notes_part(brief.notes),
        diff_part("The attempt before, which was rejected", before, turn=Turn.WORK),
        *file_parts(brief),
        map_part(brief, room=room),
        needed("# Form of the answer\n" + edit_formats.instructions(fmt)),
    ]
