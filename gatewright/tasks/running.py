"""A task's thread: the compiled graph, and where the thread stands in its checkpoints."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Finding
from gatewright.domain.gate import GateReport
from gatewright.domain.human import Question, Stop
from gatewright.domain.plan import Plan
from gatewright.domain.review import Review
from gatewright.domain.task import Task, TaskState
from gatewright.store import Store
from graph.standing import task_state
from graph.state import RunState
from nodes.made import Made
from nodes.money import Spent

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.types import StateSnapshot

    from graph.context import Context

    Develop = CompiledStateGraph[Any, Context, Any, Any]

T = TypeVar("T")

_BRANCH = "branch:to:"
"""How LangGraph names the channels that say which node is next."""
_RECORDS: dict[str, type[BaseModel]] = {
    "task": Task,
    "plan": Plan,
    "plan_review": Review,
    "candidate": Made,
    "gate": GateReport,
    "spent": Spent,
    "stop": Stop,
    "findings": Finding,
}
"""What the JSON in a field of the state stands for; of `findings`, each."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a task's thread stands in its checkpoints."""

    state: RunState | None
    following: tuple[str, ...]
    question: Question | None
    question_id: str | None

    @property
    def task_state(self) -> TaskState:
        """Derived, never stored."""
        return task_state(self.state, self.following)

    @property
    def plan_stands(self) -> bool:
        """Whether the plan is approved, after which it is never made again."""
        nodes = {self.question.stop.at} if self.question else set(self.following)
        return bool(nodes) and nodes.isdisjoint({"planner", "plan_reviewer"})


def compiled(store: Store) -> "Develop":
    """The develop graph on this store's checkpoints."""
    from graph.develop import build  # noqa: PLC0415  1 s, only for whoever has a thread to ask

    return build().compile(checkpointer=store.saver, name="develop")


def config(task_id: str) -> "RunnableConfig":
    """The thread of a task; strict resumption hands an answer to the question that it names."""
    return {"configurable": {"thread_id": task_id, "__pregel_strict_resume": True}}


async def position(graph: "Develop", task_id: str) -> Position:
    """Read where the thread stands.

    A checkpoint of an older version gets the defaults of fields that it does not have.
    Raises: EnvironmentFault for one that this version cannot go on from.
    """
    await _check_names(graph, task_id)
    snapshot = await graph.aget_state(config(task_id))
    state = state_of(snapshot.values)
    if state is not None:
        _check_records(task_id, state)
    asked = snapshot.interrupts[0] if snapshot.interrupts else None
    if state is not None and not (snapshot.tasks or state.outcome):
        raise _not_ours(task_id, "it is over without an outcome")
    return Position(
        state=state,
        following=following(snapshot),
        question=_question(task_id, snapshot),
        question_id=asked.id if asked else None,
    )


def following(snapshot: "StateSnapshot") -> tuple[str, ...]:
    """The nodes that come next. Not LangGraph's `next`: it leaves out one that has ended, but
    whose step was not closed before its process died or was stopped."""
    return tuple(task.name for task in snapshot.tasks)


def state_of(values: Any) -> RunState | None:
    """A checkpoint's values as the state; None before the first node.

    The stream gives the state itself, the saver its fields.
    """
    if isinstance(values, RunState):
        return values
    if not values or "task" not in values:
        return None
    known = _fields()
    return RunState(**{key: value for key, value in values.items() if key in known})


async def _check_names(graph: "Develop", task_id: str) -> None:
    """LangGraph leaves out fields and nodes that the graph does not have, and says nothing."""
    from langgraph.checkpoint.base import BaseCheckpointSaver  # noqa: PLC0415  as in `compiled`

    from graph.develop import NODES  # noqa: PLC0415

    saver = graph.checkpointer
    if not isinstance(saver, BaseCheckpointSaver):
        return
    kept = await saver.aget_tuple(config(task_id))
    if kept is None:
        return
    for name in kept.checkpoint["channel_values"]:
        if name.startswith(_BRANCH):
            node = name.removeprefix(_BRANCH)
            if node not in NODES:
                raise _not_ours(task_id, f"it goes on at the node {node!r}, which is not there")
        elif not name.startswith("__") and name not in _fields():
            raise _not_ours(task_id, f"its field {name!r} is not known")


def _check_records(task_id: str, state: RunState) -> None:
    """What a later node would stumble over is told now, before anything is done or paid for."""
    _valid(task_id, "state", lambda: _form().validate_python(vars(state)))
    for name, record in _RECORDS.items():
        value = getattr(state, name)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                _valid(task_id, name, partial(record.model_validate, one))


def _question(task_id: str, snapshot: "StateSnapshot") -> Question | None:
    if not snapshot.interrupts:
        return None
    value = snapshot.interrupts[0].value
    return _valid(task_id, "question", lambda: Question.model_validate(value))


def _valid(task_id: str, name: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise _not_ours(task_id, f"{place}: {first['msg'].lower()}") from None


def _not_ours(task_id: str, problem: str) -> EnvironmentFault:
    return EnvironmentFault(
        f"The checkpoint of task {task_id!r} is of another version of Gatewright: {problem}",
        "Go on with the version that wrote it, or run the task anew under another --id.",
    )


@cache
def _fields() -> frozenset[str]:
    return frozenset(field.name for field in fields(RunState))


@cache
def _form() -> TypeAdapter[RunState]:
    return TypeAdapter(RunState)
