"""What a checkpoint of the develop graph holds: ids, verdicts and findings, as JSON types."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, TypeAdapter
from typing_extensions import TypedDict  # pydantic needs this one before 3.12

Json = dict[str, Any]


class TaskForm(TypedDict):
    """A task as a client gives it; `gatewright.domain.task.Task` says what each field means."""

    goal: str
    repo: str
    id: NotRequired[str]
    base: NotRequired[str]
    risk: NotRequired[Literal["low", "medium", "high"]]
    area: NotRequired[str]
    constraints: NotRequired[list[str]]
    acceptance_criteria: NotRequired[list[str]]
    context_files: NotRequired[list[str]]
    priority: NotRequired[Literal["low", "medium", "high", "critical"]]
    budget: NotRequired[Json]
    gate: NotRequired[Json]
    private: NotRequired[bool]


class RunInput(TypedDict):
    """The develop graph's input."""

    task: TaskForm
    base_commit: NotRequired[str]


class Beside(TypedDict):
    """A record in `RunState.beside`: of one step, fields of `RunState`, and where it is."""

    at: Literal["", "implementer", "code_reviewer"]
    """The node that works on it, or was last sent to; empty: it waits for its turn."""
    ended_at: NotRequired[str]
    """The last node that worked on it, once it waits."""
    parent: str
    """The commit that its change is made on."""
    step: int
    """Its index; one more once its change is approved."""
    head: str
    """The approved change, or the parent."""
    attempts: dict[str, int]
    rejections: int
    tried: list[str]
    waiting: list[Json]
    candidate: Json | None
    avoid: list[str]
    ends: dict[str, list[Json]]
    findings: list[Json]
    left_off: Json | None
    stop: Json | None
    models: NotRequired[dict[str, list[str]]]
    """This and what follows: of the last node, until the merger has counted it."""
    escalated: NotRequired[dict[str, list[str]]]
    spent: NotRequired[Json]
    concerns: NotRequired[list[str]]


_RECORDS = TypeAdapter(dict[str, Beside])


def _checked(records: dict[str, Json]) -> dict[str, Json]:
    _RECORDS.validate_python(records)
    return records


def put(old: dict[str, Json], new: dict[str, Json]) -> dict[str, Json]:
    """The reducer of `beside`: what several nodes write at one time; an empty record goes away."""
    return {label: record for label, record in {**old, **new}.items() if record}


@dataclass(frozen=True, kw_only=True)
class RunState:
    """One task's run; the work itself is git commits."""

    task: Json
    """A `Task`, as JSON (in LangGraph Studio: a `TaskForm` until the planner has read it)."""
    base_commit: str = ""
    plan: Json | None = None
    plan_author: str = ""
    """The model that wrote the plan, as actually used."""
    plan_attempt: Json | None = None
    """The `Attempt` that the plan came of."""
    plan_tried: list[str] = field(default_factory=list)
    """Who made the plans that were rejected, oldest first, since a person last spoke."""
    plan_review: Json | None = None
    plan_rejections: int = 0
    step: int = 0
    """Index of the step at hand; `len(plan.steps)` means all are approved."""
    attempts: dict[str, int] = field(default_factory=dict)
    """Implementations made so far, by step label: `1`, `2`, ..., `repair`."""
    rejections: int = 0
    """Of the step at hand, since it was begun or a person said to try again."""
    tried: list[str] = field(default_factory=list)
    """Who made the failed attempts at the step at hand, oldest first."""
    escalated: dict[str, list[str]] = field(default_factory=dict)
    """By role, the stronger models that failures led to."""
    waiting: list[Json] = field(default_factory=list)
    """Each `Attempt` whose work the gate has not judged yet."""
    approved: list[str] = field(default_factory=list)
    """The commit of each approved step, in order."""
    head: str = ""
    """The commit that the next change is made on."""
    candidate: Json | None = None
    """A `Made`, under review."""
    parallel: int = 1
    """How many steps that do not need each other may be made at one time; set with the plan."""
    beside: Annotated[dict[str, Json], AfterValidator(_checked), put] = field(default_factory=dict)
    """By step label, the steps that are made beside each other, and those that wait for their turn
    to be merged: each a `Beside`; see `graph.beside`."""
    apart: bool = False
    """Whether this is the state of one step that is made beside others; never in a checkpoint's
    own state."""
    avoid: list[str] = field(default_factory=list)
    """Digests of changes by the repair engine that were rejected."""
    ends: dict[str, list[Json]] = field(default_factory=dict)
    """By loop (`plan`, a step's label, `gate`), how its failed attempts ended, oldest first, each
    an `End`, since it was begun or a person said to try again."""
    findings: list[Json] = field(default_factory=list)
    """What the next attempt has to answer."""
    gate: Json | None = None
    """The last `GateReport`."""
    gate_failures: int = 0
    models: dict[str, list[str]] = field(default_factory=dict)
    """By role, who answered."""
    spent: Json = field(default_factory=dict)
    """A `nodes.desk.Spent`."""
    left_off: Json | None = None
    """A `nodes.desk.LeftOff`: where a budget stopped a node in the middle of its work."""
    concerns: list[str] = field(default_factory=list)
    """What reviewers said last, newest last."""
    notes: list[str] = field(default_factory=list)
    """What a person said when asked."""
    stop: Json | None = None
    """A `Stop`, while a person is waited for."""
    resume_at: str = ""
    """The node that a person's answer leads to, or the merger."""
    outcome: Literal["", "done", "failed"] = ""
    branch: str = ""
    delivered: str = ""
    """Where the change is, in words: a branch, a patch, a pull request."""


class RunUpdate(TypedDict, total=False):
    """What a node may change: exactly the fields of `RunState`."""

    task: Json
    base_commit: str
    plan: Json | None
    plan_author: str
    plan_attempt: Json | None
    plan_tried: list[str]
    plan_review: Json | None
    plan_rejections: int
    step: int
    attempts: dict[str, int]
    rejections: int
    tried: list[str]
    escalated: dict[str, list[str]]
    waiting: list[Json]
    approved: list[str]
    head: str
    candidate: Json | None
    parallel: int
    beside: dict[str, Json]
    apart: bool
    avoid: list[str]
    ends: dict[str, list[Json]]
    findings: list[Json]
    gate: Json | None
    gate_failures: int
    models: dict[str, list[str]]
    spent: Json
    left_off: Json | None
    concerns: list[str]
    notes: list[str]
    stop: Json | None
    resume_at: str
    outcome: Literal["", "done", "failed"]
    branch: str
    delivered: str
