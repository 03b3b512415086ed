"""What a run comes to, as the API returns it and `gatewright run --json` prints it."""

from pydantic import Field

from gatewright.domain.findings import Finding, Frozen
from gatewright.domain.gate import GateReport
from gatewright.domain.human import Question
from gatewright.domain.metrics import RunMetrics
from gatewright.domain.task import StepState, TaskState


class StepResult(Frozen):
    """One step of the plan."""

    title: str
    state: StepState
    attempts: int
    commit: str | None = None


class TaskResult(Frozen):
    """Where a task stands and what it took."""

    task_id: str
    state: TaskState
    goal: str
    repo: str
    branch: str | None = None
    """None until delivered, and for a patch."""
    delivered: str | None = None
    """Where the change is, in words: a branch, a patch, a pull request."""
    commit: str | None = None
    """The last approved commit."""
    base: str | None = None
    """The commit that the work started from."""
    states: tuple[TaskState, ...] = ()
    """Every state the task walked through, in order."""
    steps: tuple[StepResult, ...] = ()
    attempts: int = 0
    """Of implementing, over all steps and repairs."""
    models: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By role, who answered, as actually used."""
    cost_usd: float | None = None
    """None when some call's price or usage is not known."""
    input_tokens: int = 0
    output_tokens: int = 0
    duration_seconds: float = 0.0
    """Time spent in nodes, over all resumptions."""
    findings: tuple[Finding, ...] = ()
    gate: GateReport | None = None
    question: Question | None = None
    """What a person is asked, while `awaiting_human`."""
    interrupt_id: str | None = None
    """Names that question, so that an answer to it is never given to another."""
    log: str | None = None
    """The run's log, a Markdown file."""
    metrics: RunMetrics | None = None
    """Of the machine during the run that this is the result of; None where nobody looked."""
