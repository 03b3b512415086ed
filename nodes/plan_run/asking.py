"""What a run asks a person: whether it may begin, and what became of a step that was cut off."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Word = Literal["rerun", "done", "failed"]
WORDS: tuple[Word, ...] = ("rerun", "done", "failed")


class Approval(BaseModel):
    """A person's word on a plan."""

    model_config = ConfigDict(extra="forbid")

    approved: Annotated[bool, Field(description="Whether its steps may be run")]


class Answers(BaseModel):
    """A person's word on steps that were cut off."""

    model_config = ConfigDict(extra="forbid")

    answers: Annotated[dict[str, Word], Field(description="By step: rerun, done or failed")]


def unfinished_question(steps: list[str]) -> dict[str, Any]:
    """What is said to the person."""
    return {
        "question": "These steps were cut off, and are not to be run twice: what became of them?",
        "steps": steps,
        "choices": list(WORDS),
    }


def waiting_for(steps: list[str]) -> str:
    """Why the run waits, with what to do."""
    named = ", ".join(repr(step) for step in steps[:5])
    more = f" and {len(steps) - 5} more" if len(steps) > 5 else ""
    return f"cut off, and not to be run twice: {named}{more}; say rerun, done or failed of each"
