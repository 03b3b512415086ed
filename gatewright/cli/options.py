"""Options that several commands share."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gatewright.domain.task import TaskState

TaskArgument = Annotated[str, typer.Argument(help="The task.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
LastJson = Annotated[
    bool, typer.Option("--json", help="Progress on stderr; one JSON object on stdout at the end.")
]
UnsafeNoSandbox = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run untrusted code unconfined.")
]
Role = Annotated[
    str | None,
    typer.Option(
        "--role", help="planner, plan_reviewer, implementer or code_reviewer.  [default: all]"
    ),
]
States = Annotated[
    str | None, typer.Option("--state", metavar="STATES", help="Of these only: failed,done,...")
]


def parse_states(text: str | None) -> "frozenset[TaskState] | None":
    """The states that a list with commas names; None: no list, all states.

    Raises: InputError for one that there is not.
    """
    from typing import get_args

    from gatewright.domain.errors import InputError
    from gatewright.domain.task import TaskState

    if text is None:
        return None
    known: tuple[TaskState, ...] = get_args(TaskState)
    named = [name.strip() for name in text.split(",")]
    for name in named:
        if name not in known:
            raise InputError("--state", name, "is no state", f"Use some of {', '.join(known)}.")
    return frozenset(state for state in known if state in named)
