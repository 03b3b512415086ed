"""The plan that a planner answers with."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from gatewright.domain.findings import WITHOUT_SECRETS, Clean, Frozen


def _no_nul(text: str) -> str:
    """Titles and texts become commit messages, and paths arguments: git takes no NUL in either.

    Not a pattern: the schema goes to providers, and some refuse patterns.
    """
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_no_nul),
    WITHOUT_SECRETS,
]


MOST_STEPS = 20
"""Of one plan; more is more than one task."""


class Step(Frozen):
    """One piece of work that becomes one commit."""

    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
        AfterValidator(_no_nul),
        WITHOUT_SECRETS,
    ]
    what: Text
    """What is to be changed, for the implementer."""
    files: tuple[Annotated[str, AfterValidator(_no_nul)], ...] = ()
    """Paths that the step expects to touch; empty when the planner cannot know."""
    depends_on: tuple[int, ...] | None = None
    """Numbers (from 1) of the earlier steps whose work this one needs; none: it may be made beside
    them. None: all of them, one after the other."""


class Plan(Frozen):
    """Steps in the order in which they are done."""

    why: Text
    """How these steps reach the goal."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS)]
    risks: tuple[Clean, ...] = ()
