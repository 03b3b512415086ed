"""One run of a task's graph: drive it, and say in events what it does."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command

from gatewright.domain.entry import Entry
from gatewright.domain.errors import InputError, WorkspaceError
from gatewright.domain.events import Event, EventKind
from gatewright.domain.human import Answer, Question
from gatewright.domain.plan import MOST_STEPS
from gatewright.domain.task import Site, TaskState
from gatewright.store import Store
from gatewright.tasks.running import Position, compiled, config, state_of
from graph.context import Context
from graph.edges import recursion_limit, step_label
from graph.standing import ACTIVE, task_state
from graph.state import RunState


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
        self._apart: dict[str, RunState] = {}
        """By LangGraph's task id, the nodes under way on a step that is made beside others."""
        self.state: TaskState | None = None
        """The state that the task was last seen in; None before the first node."""

    async def events(
        self, start: Position, answer: Answer | None, callbacks: list[Any]
    ) -> AsyncGenerator[Event]:
        """Run from `start`, with the answer to its question if it has one; yield what happens.

        Raises: InputError where the repository, or a commit of the task, is gone; what the nodes
        raise.
        """
        self._state = start.state
        if answer is not None:
            yield self.event("answered", message=_said(answer))
        await self._find_work(start)
        settings: RunnableConfig = {
            **config(self._entry.task.id),
            "recursion_limit": self._recursion_limit(start),
            "callbacks": callbacks,
        }
        parts = self._graph.astream(
            self._input(start, answer),
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
            yield self.event("run_ended", message="stopped at a safe point")

    def event(self, kind: EventKind, **more: Any) -> Event:
        """Something that happens now to this task."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Event(kind=kind, task_id=self._entry.task.id, at=now, **more)

    def _input(self, start: Position, answer: Answer | None) -> Any:
        if answer is not None and start.question_id is not None:
            # Of a budget, only what the person named.
            said = answer.model_dump(mode="json", exclude_unset=True)
            return Command(resume={start.question_id: said})
        if start.state is not None:
            return None
        return {
            "task": self._entry.task.model_dump(mode="json"),
            "base_commit": self._entry.base_commit,
        }

    async def _find_work(self, start: Position) -> None:
        """Only now: a task that is over, or asks, needs neither commits nor worktree."""
        task, base = self._entry.task, self._entry.base_commit
        try:
            await self._check_commits(start)
            await self._context.workspace.open(task.id, task.repo, task.base, base)
        except InputError as error:
            raise InputError(
                error.field,
                error.value,
                f"task {task.id!r} cannot go on there: {error.problem}",
                f"{error.fix} Or give the task up: `gatewright cancel {task.id}`.",
            ) from error

    async def _check_commits(self, start: Position) -> None:
        """Another clone has the base perhaps, but not what was made of it here."""
        task, state, base = self._entry.task, start.state, self._entry.base_commit
        if state is None:
            return
        site = Site(task_id=task.id, repo=task.repo, base_commit=base)
        made = [state.candidate["applied"]["commit"]] if state.candidate else []
        made += [record["head"] for record in state.beside.values()]
        for commit in dict.fromkeys([base, *state.approved, state.head, *made]):
            if not commit:
                continue
            try:
                await self._context.workspace.tree(site, commit)
            except WorkspaceError as error:
                raise InputError(
                    "base" if commit == base else "commit",
                    commit,
                    f"there is no such commit in {str(task.repo)!r} any more",
                    f"Put back the repository that has `refs/gatewright/{task.id}/`.",
                ) from error

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
                node, given = part["data"]["name"], part["data"]["input"]
                entered = await self._entered(ACTIVE[node])
                own = state_of(given) if isinstance(given, dict) and given.get("apart") else None
                if own is not None:
                    self._apart[part["data"]["id"]] = own
                return [*entered, self._node_event("node_started", node, own)]
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
        return [self.event("state_changed", state=state)]

    def _node_event(
        self, kind: EventKind, node: str, own: RunState | None = None, **more: Any
    ) -> Event:
        """`own` is the state of the one step that the node works on beside others."""
        where: dict[str, Any] = {}
        state = own or self._state
        if state is not None and state.plan and node in ("implementer", "code_reviewer"):
            label = step_label(state)
            made = state.attempts.get(label, 0)
            steps = len(state.plan["steps"])
            where = {
                "step": min(state.step + 1, steps),
                "steps": steps,
                "attempt": made + 1 if node == "implementer" else made,
            }
        return self.event(kind, node=node, **where, **more)

    def _node_ended(self, task: dict[str, Any]) -> list[Event]:
        if task["interrupts"]:
            question = Question.model_validate(task["interrupts"][0]["value"])
            return [self.event("interrupted", state="awaiting_human", message=asks(question))]
        error = f"failed: {task['error']}" if task.get("error") else ""
        own = self._apart.pop(task["id"], None)
        return [self._node_event("node_ended", task["name"], own, message=error)]


def asks(question: Question) -> str:
    """A question in one line."""
    return f"{question.stop.reason} Choices: {', '.join(question.stop.choices)}."


def _said(answer: Answer) -> str:
    return f"{answer.action}: {answer.note}" if answer.note else answer.action
