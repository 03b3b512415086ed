"""One run of a task: drive the graph, and say in events what it does."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl
from langgraph.types import Command, StateSnapshot

from gatewright.composition import Store
from gatewright.domain.entry import Entry
from gatewright.domain.errors import InputError
from gatewright.domain.events import Event, EventKind
from gatewright.domain.human import Answer, Question
from gatewright.domain.plan import MOST_STEPS
from gatewright.domain.task import TaskState
from graph.context import Context
from graph.develop import build
from graph.edges import recursion_limit, step_label
from graph.standing import ACTIVE, task_state
from graph.state import RunState

Develop = CompiledStateGraph[Any, Context, Any, Any]


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


def compiled(store: Store) -> Develop:
    """The develop graph on this store's checkpoints."""
    return build().compile(checkpointer=store.saver, name="develop")


def config(task_id: str) -> RunnableConfig:
    """The thread of a task; strict resumption hands an answer to the question that it names."""
    return {"configurable": {"thread_id": task_id, "__pregel_strict_resume": True}}


async def position(graph: Develop, task_id: str) -> Position:
    """Read where the thread stands."""
    return place(await graph.aget_state(config(task_id)))


def place(snapshot: StateSnapshot) -> Position:
    """A snapshot in our words."""
    asked = snapshot.interrupts[0] if snapshot.interrupts else None
    return Position(
        state=state_of(snapshot.values),
        following=tuple(snapshot.next),
        question=Question.model_validate(asked.value) if asked else None,
        question_id=asked.id if asked else None,
    )


def state_of(values: Any) -> RunState | None:
    """A checkpoint's values as the state; None before the first node.

    The stream gives the state itself, the saver its fields.
    """
    if isinstance(values, RunState):
        return values
    if not values or "task" not in values:
        return None
    known = {field.name for field in fields(RunState)}
    return RunState(**{key: value for key, value in values.items() if key in known})


class Run:
    """Drives a task from where it stands to its end, to a question, or to a safe stop."""

    def __init__(
        self, store: Store, context: Context, entry: Entry, *, control: RunControl
    ) -> None:
        self._store = store
        self._context = context
        self._entry = entry
        self._control = control
        self._graph = compiled(store)
        self._state: RunState | None = None
        self.state: TaskState | None = None
        """The state that the task was last seen in; None before the first node."""

    async def events(self, answer: Answer | None, callbacks: list[Any]) -> AsyncGenerator[Event]:
        """Run, and yield what happens.

        Raises: InputError when there is nothing to answer; what the nodes raise.
        """
        start = await position(self._graph, self._entry.task.id)
        self._state = start.state
        if start.question is not None and answer is None:
            yield self._event("interrupted", state="awaiting_human", message=_asks(start.question))
            return
        if answer is None and start.state is not None and start.state.outcome:
            # A kill may have come between the last checkpoint and the ledger.
            await self._store.ledger.note(self._entry.task.id, start.task_state)
            return
        given = self._input(start, answer)
        if answer is not None:
            yield self._event("answered", message=_said(answer))
        await self._open_worktree()
        settings: RunnableConfig = {
            **config(self._entry.task.id),
            "recursion_limit": self._recursion_limit(start),
            "callbacks": callbacks,
        }
        parts = self._graph.astream(
            given,
            settings,
            context=self._context,
            stream_mode=["custom", "tasks", "checkpoints"],
            durability="sync",
            control=self._control,
            version="v2",
        )
        try:
            async with aclosing(cast(AsyncGenerator[dict[str, Any]], parts)):
                async for part in parts:
                    for event in await self._told(cast(dict[str, Any], part)):
                        yield event
        except GraphDrained:
            yield self._event("run_ended", message="stopped at a safe point")

    def _input(self, start: Position, answer: Answer | None) -> Any:
        if answer is not None:
            if start.question_id is None:
                raise InputError(
                    "task",
                    self._entry.task.id,
                    f"asks nothing: it is {start.task_state}",
                    f"Give no answer; see `gatewright show {self._entry.task.id}`.",
                )
            self._check_choice(start, answer)
            # Of a budget, only what the person named.
            said = answer.model_dump(mode="json", exclude_unset=True)
            return Command(resume={start.question_id: said})
        if start.state is not None and start.following:
            return None
        return {
            "task": self._entry.task.model_dump(mode="json"),
            "base_commit": self._entry.base_commit,
        }

    def _check_choice(self, start: Position, answer: Answer) -> None:
        choices = start.question.stop.choices if start.question else ()
        if answer.action not in choices:
            raise InputError(
                "action", answer.action, "is no choice here", f"Use one of {', '.join(choices)}."
            )

    async def _open_worktree(self) -> None:
        """Only now: a task that is over, or asks, needs none."""
        task, base = self._entry.task, self._entry.base_commit
        await self._context.workspace.open(task.id, task.repo, task.base, base)

    def _recursion_limit(self, start: Position) -> int:
        """By the plan's length once it stands; one that is still made may become the longest."""
        plan = start.state.plan if start.state is not None and start.plan_stands else None
        steps = len(plan["steps"]) if plan else MOST_STEPS
        return recursion_limit(steps=steps, rejections=self._context.limits.rejections)

    async def _told(self, part: dict[str, Any]) -> list[Event]:
        match part["type"]:
            case "custom":
                return [Event.model_validate(part["data"])]
            case "tasks" if "input" in part["data"]:
                node = part["data"]["name"]
                entered = await self._entered(ACTIVE[node])
                return [*entered, self._node_event("node_started", node)]
            case "tasks":
                return self._node_ended(part["data"])
            case "checkpoints":
                self._state = state_of(part["data"]["values"])
                state = task_state(self._state, part["data"]["next"])
                if state not in ("new", "awaiting_human"):
                    return await self._entered(state)
        return []

    async def _entered(self, state: TaskState) -> list[Event]:
        """The task is in another state: into the ledger first, then to whoever listens."""
        if state == self.state:
            return []
        self.state = state
        await self._store.ledger.note(self._entry.task.id, state)
        return [self._event("state_changed", state=state)]

    def _node_event(self, kind: EventKind, node: str, **more: Any) -> Event:
        where: dict[str, Any] = {}
        if (
            self._state is not None
            and self._state.plan
            and node in ("implementer", "code_reviewer")
        ):
            label = step_label(self._state)
            made = self._state.attempts.get(label, 0)
            steps = len(self._state.plan["steps"])
            where = {
                "step": min(self._state.step + 1, steps),
                "steps": steps,
                "attempt": made + 1 if node == "implementer" else made,
            }
        return self._event(kind, node=node, **where, **more)

    def _node_ended(self, task: dict[str, Any]) -> list[Event]:
        if task["interrupts"]:
            question = Question.model_validate(task["interrupts"][0]["value"])
            return [self._event("interrupted", state="awaiting_human", message=_asks(question))]
        error = f"failed: {task['error']}" if task.get("error") else ""
        return [self._node_event("node_ended", task["name"], message=error)]

    def _event(self, kind: EventKind, **fields_: Any) -> Event:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Event(kind=kind, task_id=self._entry.task.id, at=now, **fields_)


def _said(answer: Answer) -> str:
    return f"{answer.action}: {answer.note}" if answer.note else answer.action


def _asks(question: Question) -> str:
    return f"{question.stop.reason} Choices: {', '.join(question.stop.choices)}."
