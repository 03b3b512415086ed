"""A node's working place: its task, who answers, what is spent, and what the world is told."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import nan
from typing import Any

from langgraph.runtime import Runtime
from pydantic import BaseModel

from gatewright.domain.conversation import Message, Reply
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import BudgetExhausted
from gatewright.domain.events import Event, EventKind
from gatewright.domain.findings import Frozen
from gatewright.domain.ports import Model
from gatewright.domain.task import Budget, Role, Site, Task
from graph.context import Context
from graph.state import RunState, RunUpdate


class Spent(Frozen):
    """What a task has used so far, over all nodes and resumptions."""

    cost_usd: float = 0.0
    """Of the calls whose price is known."""
    unpriced_calls: int = 0
    uncounted_calls: int = 0
    """Calls whose provider did not say how many tokens they took."""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    """In nodes; waiting for a person is free."""

    def total_usd(self) -> float | None:
        """None as soon as one call's price is not known."""
        return None if self.unpriced_calls else self.cost_usd


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
        self._write = runtime.stream_writer
        info = runtime.execution_info
        self.key = f"{self.task.id}:{info.task_id if info else 'none'}"
        """Stable when the node is run again after a crash (LangGraph's task id)."""
        self._calls = 0
        self._began = time.monotonic()

    @property
    def site(self) -> Site:
        """Where the work stands, as recorded when the task started."""
        return Site(task_id=self.task.id, repo=self.task.repo, base_commit=self.state.base_commit)

    def choose(self, role: Role, *, stage: int, exclude: Sequence[str] = ()) -> Decision:
        """Ask the router, and let the sidecar and the stream know."""
        request = RoutingRequest(
            role=role,
            risk=self.task.risk,
            area=self.task.area,
            stage=stage,
            exclude=tuple(exclude),
        )
        decision = self.context.router.choose(request)
        self.context.telemetry.record(
            "routing_decisions",
            {
                "node": self.node,
                "role": role,
                "decided_at": datetime.now(UTC),
                "model": decision.model,
                "candidates": list(decision.candidates),
                "excluded": list(decision.excluded),
                "reason": decision.reason,
                "stage": stage,
                "policy_version": decision.policy_version,
            },
        )
        self.emit("model_chosen", model=decision.model, message=decision.reason)
        return decision

    def model(self, decision: Decision) -> Model:
        """The chosen model, metered."""
        return _Metered(self, self.context.models.get(decision.model))

    def used(self, role: Role, model: str) -> None:
        """Note who answered for a role."""
        names = self.models.setdefault(role, [])
        if model not in names:
            names.append(model)

    async def reply(
        self, model: Model, messages: Sequence[Message], schema: type[BaseModel] | None
    ) -> Reply:
        """One answer, recalled if it was already paid for.

        Raises: BudgetExhausted before a call that the budget does not allow; ModelFault.
        """
        key = f"{self.key}:{self._calls}"
        self._calls += 1
        reply = await self.context.journal.recall(key)
        if reply is None:
            self.check_budget()
            reply = await model.reply(messages, schema=schema)
            await self.context.journal.record(key, self.task.id, reply)
        self._count(reply)
        return reply

    def check_budget(self) -> None:
        """Raises: BudgetExhausted when a limit is reached, or can no longer be kept."""
        budget = self.task.budget
        now = self.spent
        self.check_time()
        tokens = nan if now.uncounted_calls else now.input_tokens + now.output_tokens
        _keep("max_tokens", budget.max_tokens, tokens)
        _keep("max_cost_usd", budget.max_cost_usd, nan if now.unpriced_calls else now.cost_usd)

    def check_time(self) -> None:
        """Raises: BudgetExhausted when the seconds are used up."""
        _keep("max_seconds", self.task.budget.max_seconds, self.spending().seconds)

    def spending(self) -> Spent:
        """The spend up to this moment."""
        seconds = self.spent.seconds + time.monotonic() - self._began
        return self.spent.model_copy(update={"seconds": seconds})

    def update(self) -> RunUpdate:
        """What every node adds to the state."""
        return {"spent": self.spending().model_dump(mode="json"), "models": self.models}

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
        now = self.spent
        priced = reply.cost_usd is not None
        counted = None not in (reply.usage.input_tokens, reply.usage.output_tokens)
        self.spent = now.model_copy(
            update={
                "calls": now.calls + 1,
                "cost_usd": now.cost_usd + (reply.cost_usd or 0.0),
                "unpriced_calls": now.unpriced_calls + (not priced),
                "uncounted_calls": now.uncounted_calls + (not counted),
                "input_tokens": now.input_tokens + (reply.usage.input_tokens or 0),
                "output_tokens": now.output_tokens + (reply.usage.output_tokens or 0),
            }
        )
        self.emit("model_called", model=reply.model, duration_s=reply.duration_s)


class _Metered:
    """A model whose every call goes over a desk."""

    def __init__(self, desk: Desk, model: Model) -> None:
        self._desk = desk
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    async def reply(
        self, messages: Sequence[Message], *, schema: type[BaseModel] | None = None
    ) -> Reply:
        return await self._desk.reply(self._model, messages, schema)


def budget_left(budget: Budget, spent: Spent) -> float | None:
    """Seconds that are left, or None where there is no limit."""
    return None if budget.max_seconds is None else max(0.0, budget.max_seconds - spent.seconds)


def _keep(limit: str, allowed: float | None, spent: float) -> None:
    """`spent` is NaN when it is not known: then the limit can no longer be kept."""
    if allowed is not None and not spent < allowed:
        raise BudgetExhausted(limit, allowed, spent)
