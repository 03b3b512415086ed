"""Every error that Gatewright raises on purpose.

GatewrightError
├── InputError              bad input: names the field, the value and the fix
├── EnvironmentFault        this machine lacks something: names the fix
│   ├── SandboxUnavailable  no sandbox could be had
│   ├── NameCollision       a top-level package of ours was shadowed
│   └── ThreadBusy          another process runs this task
├── WorkspaceError          git or the file system refused
├── EditRefused             an edit does not apply, or must not
│   ├── EditMismatch        its text is not in the file, or is there more than once
│   └── UnsafePath          its path leads out of the worktree, or into .git
├── ModelFault              a model call failed: kind, status, whether to try again
├── BadAnswer               a model answered, but not in the form asked for
└── BudgetExhausted         a limit of the task's budget is reached
"""

from math import isnan
from reprlib import Repr
from typing import Literal

FaultKind = Literal[
    "timeout",
    "connection",
    "rate_limited",
    "overloaded",
    "server_error",
    "authentication",
    "permission",
    "not_found",
    "bad_request",
    "context_too_long",
    "content_policy",
    "quota_exhausted",
    "not_configured",
    "circuit_open",
]

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_AWAITING_HUMAN = 3
EXIT_ENVIRONMENT = 4


class GatewrightError(Exception):
    """Something that Gatewright knows how to name went wrong."""

    exit_code = EXIT_FAILED
    """What the command line exits with when this error ends it."""


class InputError(GatewrightError):
    """A value given by the user is not acceptable."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, field: str, value: object, problem: str, fix: str) -> None:
        self.field = field
        self.value = value
        self.problem = problem
        self.fix = fix
        super().__init__(f"{field}: {problem} (got {_short(value)}). {fix}")


class EnvironmentFault(GatewrightError):
    """This machine lacks something that the work needs."""

    exit_code = EXIT_ENVIRONMENT

    def __init__(self, problem: str, fix: str) -> None:
        self.problem = problem
        self.fix = fix
        super().__init__(f"{problem}. {fix}")


class SandboxUnavailable(EnvironmentFault):
    """Untrusted code cannot be confined here."""


class NameCollision(EnvironmentFault):
    """One of our top-level packages is hidden by another distribution."""


class ThreadBusy(EnvironmentFault):
    """Another process is running this task, or this run of a plan."""

    def __init__(self, task_id: str, owner: str, *, what: str = "Task") -> None:
        self.task_id = task_id
        self.owner = owner
        super().__init__(
            f"{what} {task_id!r} is being run by {owner}",
            "Wait for it to end, or stop it, then run the same command again.",
        )


class WorkspaceError(GatewrightError):
    """Git or the file system refused an operation of the workspace."""

    exit_code = EXIT_ENVIRONMENT


class EditRefused(GatewrightError):
    """An edit does not apply, or must not be applied; nothing was written."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class EditMismatch(EditRefused):
    """The text to be replaced is not in the file, or stands there more than once."""

    def __init__(self, path: str, reason: str, nearest: str = "") -> None:
        self.nearest = nearest
        super().__init__(path, reason)


class UnsafePath(EditRefused):
    """The path is absolute, leads out of the worktree, through a link, or into `.git`."""


class ModelFault(GatewrightError):
    """A call to a model did not bring an answer."""

    exit_code = EXIT_ENVIRONMENT

    def __init__(
        self,
        model: str,
        kind: FaultKind,
        message: str,
        *,
        status_code: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.model = model
        self.kind = kind
        self.status_code = status_code
        self.retry_after_s = retry_after_s
        super().__init__(f"{model}: {kind}: {message}")

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return self.kind in ("timeout", "connection", "rate_limited", "overloaded", "server_error")


class BadAnswer(GatewrightError):
    """A model answered, but not in the form that it was asked for."""

    def __init__(self, model: str, problem: str) -> None:
        self.model = model
        self.problem = problem
        super().__init__(f"{model}: {problem}")


class BudgetExhausted(GatewrightError):
    """A limit of the task's budget is reached, or can no longer be kept; nothing more is spent."""

    def __init__(
        self, limit: str, allowed: float, spent: float, *, needed: float | None = None
    ) -> None:
        self.limit = limit
        self.allowed = allowed
        self.spent = spent
        """NaN: not known."""
        self.needed = needed
        """What the next step may take, where that is what does not fit."""
        super().__init__(self._say())

    def _say(self) -> str:
        if isnan(self.spent):
            return f"budget.{self.limit} can no longer be kept: what a call takes is not known"
        gone = f"{self.spent:g} of {self.allowed:g} spent"
        if self.needed is None:
            return f"budget.{self.limit} is reached: {gone}"
        return f"budget.{self.limit} is too small to go on: {gone}, and it takes {self.needed:g}"


_REPR = Repr()
"""Looks at so much and no more: a few lines of YAML can stand for more words than memory holds."""
_REPR.maxlevel, _REPR.maxlist, _REPR.maxtuple, _REPR.maxdict = 3, 8, 8, 8
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 200


def _short(value: object) -> str:
    text = _REPR.repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
