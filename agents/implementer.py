"""The implementer: a step becomes edits, written as text and never as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents import edit_formats
from agents.brief import (
    Brief,
    conversation,
    diff_section,
    findings_section,
    notes_section,
    paths_section,
    sources_section,
    step_section,
    task_section,
)
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


def opening(brief: Brief, step: Step, fmt: EditFormat, *, before: str = "") -> list[Message]:
    """The conversation that asks for a step; `before` is the rejected attempt's diff."""
    return conversation(
        "implementer",
        [
            task_section(brief.task),
            step_section(step),
            paths_section(brief.paths),
            sources_section(brief.sources),
            diff_section("The attempt before, which was rejected", before),
            findings_section(brief.findings),
            notes_section(brief.notes),
            "# Form of the answer\n" + edit_formats.instructions(fmt),
        ],
    )


async def write(model: Model, messages: Sequence[Message], fmt: EditFormat) -> Written:
    """One answer, read in the format that was asked for.

    Raises: ModelFault.
    """
    reply = await model.reply(messages)
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


def again(messages: Sequence[Message], text: str, problem: str) -> list[Message]:
    """The conversation with an answer that could not be applied, and why."""
    return [
        *messages,
        Message(role="assistant", content=text or "(empty)"),
        Message(
            role="user",
            content=f"No file was changed, because: {problem}\n"
            "Answer again with all edits of the step, in the same format.",
        ),
    ]
