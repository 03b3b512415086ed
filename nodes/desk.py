"""A node's working place: its task, who answers, what is spent, and what the world is told."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import nan
from typing import Any

from langgraph.runtime import Runtime
from pydantic import BaseModel

from agents.room import Room
from gatewright.domain.conversation import Message, Reply
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import ModelFault
from gatewright.domain.events import Event, EventKind
from gatewright.domain.findings import Frozen
from gatewright.domain.ports import Estimate, Model
from gatewright.domain.task import Role, Site, Task
from graph.context import Context
from graph.state import Json, RunState, RunUpdate
from nodes.money import PERHAPS_BILLED, Most, Spent, is_limited, keep, left_usd, most_of, with_call


class LeftOff(Frozen):
    """Where a budget stopped a node in the middle of its work."""

    node: str
    key: str
    """Of its desk: what was paid for is recorded under it."""
    counted: tuple[int, ...]
    """The calls that are in the state's spend already."""


class Desk:
    """One run of one node. Every model call of the graph goes through `reply`, and only there
    are the budget checked, the journal asked and the spend counted."""

    def __init__(self, state: RunState, runtime: Runtime[Context], *, node: str) -> None:
        self.state = state
        self.context = runtime.context
        self.node = node
        self.task = Task.model_validate(state.task)
        self.spent = Spent.model_validate(state.spent)
        self.models = {role: list(names) for role, names in state.models.items()}
        self.escalated = {role: list(names) for role, names in state.escalated.items()}
        self._write = runtime.stream_writer
        before = LeftOff.model_validate(state.left_off) if state.left_off else None
        goes_on = before is not None and before.node == node
        info = runtime.execution_info
        self.key = (
            before.key
            if before and goes_on
            else f"{self.task.id}:{info.task_id if info else 'none'}"
        )
        """Stable when the node is run again after a crash (LangGraph's task id), and when it goes
        on where a budget stopped it."""
        self._calls = 0
        self._counted = set(before.counted) if before and goes_on else set[int]()
        self._began = time.monotonic()

    @property
    def site(self) -> Site:
        """Where the work stands, as recorded when the task started."""
        return Site(task_id=self.task.id, repo=self.task.repo, base_commit=self.state.base_commit)

    @property
    def shows(self) -> bool:
        """Whether what is made is shown in the task's worktree: not what is made beside others."""
        return not self.state.apart

    @property
    def private(self) -> bool:
        """Whether the repository's text may only go to the models of its data policy."""
        folders = (self.task.repo, *self.task.repo.parents)
        return self.task.private or any(one in folders for one in self.context.private)

    def chosen(self, request: RoutingRequest, decision: Decision) -> None:
        """Let the sidecar and the stream know who was chosen, and remember an escalation."""
        self.context.telemetry.decided(request, decision, task_id=self.task.id, node=self.node)
        self.emit("model_chosen", model=decision.model, message=decision.reason)
        if decision.escalates:
            self.escalated.setdefault(request.role, []).append(decision.model)

    def room(self, decision: Decision) -> Room:
        """What the chosen model takes in and gives out."""
        card = self.context.cards.get(decision.model)
        if card is None:
            return Room()
        return Room(card.context_window, card.max_output_tokens or Room().most_output)

    def model(self, decision: Decision) -> Model:
        """The chosen model, metered."""
        return _Metered(self, self.context.models.get(decision.model))

    def used(self, role: Role, model: str) -> None:
        """Note who answered for a role."""
        names = self.models.setdefault(role, [])
        if model not in names:
            names.append(model)

    async def reply(
        self,
        model: Model,
        messages: Sequence[Message],
        schema: type[BaseModel] | None,
        max_output_tokens: int | None = None,
    ) -> Reply:
        """One answer, recalled if it was already paid for; no longer than the budgets pay for.

        Raises: BudgetExhausted before a call that the budget does not allow; ModelFault.
        """
        number = self._calls
        key = f"{self.key}:{number}"
        self._calls += 1
        reply = await self.context.journal.recall(key)
        if reply is not None and number in self._counted:
            return reply
        if reply is None:
            reply = await self._pay(key, model, messages, schema, max_output_tokens)
        self._count(reply)
        self._counted.add(number)
        return reply

    async def _pay(
        self,
        key: str,
        model: Model,
        messages: Sequence[Message],
        schema: type[BaseModel] | None,
        longest: int | None,
    ) -> Reply:
        self.check_budget()
        purse = self.context.purse
        most = Most(longest, None)
        if await is_limited(self.task.budget, purse):
            estimate = await model.estimate(messages, schema=schema)
            if longest is not None:
                most_output = min(longest, estimate.most_output_tokens)
                estimate = estimate._replace(most_output_tokens=most_output)
            most = await most_of(self.task.budget, self.spent, estimate, purse=purse)
        await purse.reserve(key, self.task.id, most.usd or 0.0)
        try:
            reply = await model.reply(messages, schema=schema, max_output_tokens=most.output_tokens)
        except ModelFault as fault:
            await purse.settle(key, None if fault.kind in PERHAPS_BILLED else 0.0)
            raise
        await self.context.journal.record(key, self.task.id, reply)
        await purse.settle(key, reply.cost_usd)
        return reply

    async def left_usd(self) -> float | None:
        """What the task's and the house's budgets leave; None where there is no limit."""
        return await left_usd(self.task.budget, self.spent, purse=self.context.purse)

    def check_budget(self) -> None:
        """Raises: BudgetExhausted when a limit is reached, or can no longer be kept."""
        budget = self.task.budget
        now = self.spent
        self.check_time()
        tokens = nan if now.uncounted_calls else now.input_tokens + now.output_tokens
        keep("max_tokens", budget.max_tokens, tokens)
        keep("max_cost_usd", budget.max_cost_usd, nan if now.unpriced_calls else now.cost_usd)

    def check_time(self) -> None:
        """Raises: BudgetExhausted when the seconds are used up."""
        keep("max_seconds", self.task.budget.max_seconds, self.spending().seconds)

    def spending(self) -> Spent:
        """The spend up to this moment."""
        more = time.monotonic() - self._began
        seconds_in = {**self.spent.seconds_in}
        seconds_in[self.node] = seconds_in.get(self.node, 0.0) + more
        seconds = self.spent.seconds + more
        return self.spent.model_copy(update={"seconds": seconds, "seconds_in": seconds_in})

    def left_off(self) -> Json:
        """For the state, where the node is to go on from here, and not to pay again."""
        record = LeftOff(node=self.node, key=self.key, counted=tuple(sorted(self._counted)))
        return record.model_dump(mode="json")

    def update(self) -> RunUpdate:
        """What every node adds to the state."""
        return {
            "spent": self.spending().model_dump(mode="json"),
            "models": self.models,
            "escalated": self.escalated,
            "left_off": None,
        }

    def emit(self, kind: EventKind, **fields: Any) -> None:
        """Say on the custom stream what happens; the spend so far goes with it."""
        event = Event(
            kind=kind,
            task_id=self.task.id,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            node=self.node,
            cost_usd=self.spent.total_usd(),
            input_tokens=self.spent.input_tokens,
            output_tokens=self.spent.output_tokens,
            **fields,
        )
        self._write(event.model_dump(mode="json", exclude_none=True))

    def _count(self, reply: Reply) -> None:
        self.spent = with_call(self.spent, self.node, reply)
        self.emit("model_called", model=reply.model, duration_s=reply.duration_s)


class _Metered:
    """A model whose every call goes over a desk."""

    def __init__(self, desk: Desk, model: Model) -> None:
        self._desk = desk
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    async def estimate(
        self, messages: Sequence[Message], *, schema: type[BaseModel] | None = None
    ) -> Estimate:
        return await self._model.estimate(messages, schema=schema)

    async def count(self, text: str) -> int:
        return await self._model.count(text)

    async def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: type[BaseModel] | None = None,
        max_output_tokens: int | None = None,
    ) -> Reply:
        return await self._desk.reply(self._model, messages, schema, max_output_tokens)
