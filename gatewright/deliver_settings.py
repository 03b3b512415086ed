"""Settings of how a finished task is delivered."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from gatewright.domain.delivery import DeliveryKind
from gatewright.routing_settings import Section, full

_PLACE = re.compile(r"\{(\w*)\}")
_BRANCH_PLACES = {"task", "slug"}
_COMMAND_PLACES = {"branch", "base", "title", "body_file"}
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "fish", "busybox", "env", "ssh", "python", "perl"}
"""What may read an argument as code."""
_OTHERS = ("{title}", "{base}")
"""Written by others: a title is a task's text, and git allows `$(...)` in the name of a branch."""

Who = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^<>\x00-\x1f]+$")]

Remote = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^-\s]\S*$")]
"""What git takes for an option is none."""


class DeliverSettings(Section):
    """What becomes of a change that passed the gate."""

    kind: DeliveryKind = "branch"
    branch: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "gatewright/{task}"
    """With `{task}`, the task's id, and `{slug}`, the first words of its goal."""
    one_commit: bool = False
    """One commit for the whole change, not one a step."""
    author_name: Who = "Gatewright"
    """Of the delivered commits: author and committer."""
    author_email: Who = "gatewright@localhost"
    current_branch: bool = False
    """Also move the branch that the checkout stands on, where that is a fast-forward."""
    folder: Annotated[Path, AfterValidator(full)] | None = None
    """Where patches go; None: `patches` in the home."""
    pull_request: tuple[str, ...] = ()
    """The command that opens one: a program and its arguments, run outside of the sandbox."""
    hooks: bool = False
    """Whether hooks of the repository may run."""
    timeout_s: float = Field(default=600, gt=0)
    """Of the command."""
    merge_into: Annotated[str, StringConstraints(max_length=200)] = ""
    """The remote's branch that is merged into; empty: the task's base, or the branch that the
    checkout stands on."""
    merge_remote: Remote = "origin"
    """A remote's name or address."""
    merge_test: Annotated[str, StringConstraints(max_length=2000)] = ""
    """The shell command, run in the sandbox, that the merged tree must pass before it is pushed."""
    merge_commit: bool = False
    """Make a merge commit also where a fast-forward would do."""

    @field_validator("branch")
    @classmethod
    def _known_places(cls, branch: str) -> str:
        _check_places(branch, _BRANCH_PLACES)
        if "{task}" not in branch:
            raise ValueError("must hold {task}, or two tasks would want the same branch")
        return branch

    @field_validator("pull_request")
    @classmethod
    def _safe_command(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not command:
            return command
        for argument in command:
            _check_places(argument, _COMMAND_PLACES)
        program = _program(command[0])
        name = Path(program).name.rstrip("0123456789.")
        if name in _SHELLS and any(place in one for one in command for place in _OTHERS):
            raise ValueError(
                f'{name} may take {{title}} and {{base}} for code; use "$DELIVERED_TITLE" and '
                '"$DELIVERED_BASE"'
            )
        return (program, *command[1:])

    @model_validator(mode="after")
    def _has_a_command(self) -> "DeliverSettings":
        if self.kind == "pull_request" and not self.pull_request:
            raise ValueError("kind pull_request needs the command deliver.pull_request")
        return self

    @model_validator(mode="after")
    def _can_merge(self) -> "DeliverSettings":
        if self.kind != "merge":
            return self
        if not self.merge_test.strip():
            raise ValueError("kind merge needs the command deliver.merge_test")
        if self.current_branch:
            raise ValueError("kind merge does not go with deliver.current_branch: the merge pushes")
        return self


def _program(name: str) -> str:
    if not name or _PLACE.search(name):
        raise ValueError("the program must be named, not filled in")
    if name.startswith("~"):
        return str(full(Path(name)))
    if "/" in name and not Path(name).is_absolute():
        raise ValueError("the program must be a name or an absolute path")
    return name


def _check_places(text: str, known: set[str]) -> None:
    for name in _PLACE.findall(text):
        if name not in known:
            places = ", ".join(f"{{{one}}}" for one in sorted(known))
            raise ValueError(f"knows no {{{name}}}, only {places}")
