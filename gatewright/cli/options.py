"""Options that several commands share."""

from typing import Annotated

import typer

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
