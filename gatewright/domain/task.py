"""What a user asks for: the task, its budget and its gate."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gatewright.domain.findings import WITHOUT_TOKENS, Frozen

Risk = Literal["low", "medium", "high"]
Priority = Literal["low", "medium", "high", "critical"]
Role = Literal["planner", "plan_reviewer", "implementer", "code_reviewer"]

TaskState = Literal[
    "new",
    "planning",
    "plan_review",
    "plan_approved",
    "plan_rejected",
    "implementing",
    "code_review",
    "quality_gate",
    "awaiting_human",
    "done",
    "failed",
    "cancelled",
]
StepState = Literal[
    "pending",
    "implementing",
    "code_review",
    "approved",
    "rejected",
    "retry",
    "completed",
    "failed",
]

TASK_ID = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"
"""Safe as a file name, as one component of a git ref and in a URL on every platform."""

TaskId = Annotated[str, StringConstraints(pattern=TASK_ID)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class Budget(Frozen):
    """What a task may spend; None is no limit."""

    max_cost_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    max_tokens: int | None = Field(default=None, gt=0)
    """Input and output tokens together."""


Allowance = Literal[
    "tests",
    "configuration",
    "suppressions",
    "dependencies",
    "secrets",
    "scope",
    "licence",
    "security",
    "introspection",
]
"""What a gate otherwise takes for gaming, or for none of the task's business."""


class ReportSpec(Frozen):
    """A command of another tool or language whose findings are compared with the base's."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
    """The check is then called `report:<name>`."""
    run: Line
    """By `sh -c` in the sandbox; its exit code alone decides nothing."""
    path: Line
    """The file that it writes, relative to the repository's top."""
    format: Literal["junit", "sarif"]


class GateSpec(Frozen):
    """Which checks decide; None means: what the repository uses, or what the risk asks for."""

    pytest: tuple[Line, ...] | None = None
    """Paths or node ids that must pass (the acceptance tests); an empty list: no pytest."""
    mypy: bool | None = None
    ruff: bool | None = None
    commands: tuple[Line, ...] = ()
    """The task's own acceptance commands: each must exit with 0. Run by `sh -c` in the sandbox."""
    reports: tuple[ReportSpec, ...] = ()
    """Tools of other languages by the JUnit or SARIF file that they write."""
    allow: tuple[Allowance, ...] = ()
    """What this task may do that otherwise blocks: edit `tests`, change the `configuration` of
    the checks, add `suppressions` such as `# noqa`, ..."""
    coverage: float | None = Field(default=None, ge=0, le=1)
    """Share of the changed lines that the tests must run."""
    mutants: int | None = Field(default=None, ge=0, le=200)
    """How many mutants of the changed lines the tests are tried on."""
    changed_lines: int | None = Field(default=None, gt=0)
    """Added and deleted together; a larger change blocks."""
    keep_going: bool = False
    """Run every check, also when an earlier one has decided the verdict."""


class Task(Frozen):
    """One engineering task on one repository."""

    id: TaskId
    goal: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=20_000, pattern=r"^[^\x00]*$"
        ),
        WITHOUT_TOKENS,
    ]
    repo: Path
    """The top of a git repository, absolute."""
    base: Line | None = None
    """A ref; None is HEAD, and then the checkout must have no uncommitted changes."""
    risk: Risk = "medium"
    area: Annotated[str, StringConstraints(max_length=100), WITHOUT_TOKENS] = ""
    """What part of the system this is about; the router learns by it."""
    constraints: tuple[Annotated[Line, WITHOUT_TOKENS], ...] = ()
    acceptance_criteria: tuple[Annotated[Line, WITHOUT_TOKENS], ...] = ()
    context_files: tuple[Line, ...] = ()
    """Paths in the repository that a model should see."""
    priority: Priority = "medium"
    budget: Budget = Budget()
    gate: GateSpec = GateSpec()
    private: bool = False
    """Whether its text may only go to the models that `routing.private_allow` names."""


class Site(Frozen):
    """Where a task's work stands: the repository and the commit that it starts from."""

    task_id: TaskId
    repo: Path
    base_commit: str
    """40 hex digits (64 in a SHA-256 repository)."""
