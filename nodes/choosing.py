"""Who answers a node's question: ask the router, and ask again when somebody does not answer."""

import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import BadAnswer, EnvironmentFault, ModelFault
from gatewright.domain.review import Review
from gatewright.domain.task import Role
from nodes.attempts import Attempt, judge
from nodes.desk import Desk
from nodes.made import NothingApplies
from nodes.money import Spent, too_dear

T = TypeVar("T")

MOST_ATTEMPTS = 3
"""Of one question in a row within a node, when what comes back cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """A node's question to the router, but for those who fail to answer it."""

    role: Role
    stage: int = 0
    tried: Sequence[str] = ()
    exclude: Sequence[str] = ()
    input_tokens: int | None = None
    least_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class Answering(Generic[T]):
    """An answer, and the attempt that it came of."""

    value: T
    attempt: Attempt
    decision: Decision


class Authored(Protocol):
    """Whatever says who made it, as actually used."""

    @property
    def author(self) -> str:
        """As in the catalogue."""
        ...


class Reviewed(NamedTuple):
    """A review, and who gave it."""

    review: Review
    author: str


A = TypeVar("A", bound=Authored)


async def answering(
    desk: Desk, question: Choosing, make: Callable[[Decision], Awaitable[A]]
) -> Answering[A]:
    """Have the question answered by whom the router names.

    One whose call fails is passed over, and nobody learns from it. An answer that cannot be used is
    a failed attempt, and the next one is somebody else's.
    Raises: BadAnswer, NothingApplies or ModelFault of the last who answered, when nobody is left;
    EnvironmentFault when nobody was there in the first place; BudgetExhausted.
    """
    asked = _Asked(desk, question)
    while True:
        decision = await asked.choose()
        began, before = time.monotonic(), desk.spent
        try:
            made = await make(decision)
        except ModelFault as fault:
            asked.faulted(decision, fault)
            continue
        except (BadAnswer, NothingApplies) as error:
            author = error.author if isinstance(error, NothingApplies) else error.model
            attempt = asked.attempt(decision, author, began, before)
            judge(desk, attempt, "review", passed=False)
            asked.unusable(author, error)
            continue
        attempt = asked.attempt(decision, made.author, began, before)
        return Answering(value=made, attempt=attempt, decision=decision)


class _Asked:
    """How far a question has come."""

    def __init__(self, desk: Desk, question: Choosing) -> None:
        self._desk = desk
        self._question = question
        self.stage = question.stage
        self._tried = list(question.tried)
        self._silent: list[str] = []
        self._first: ModelFault | None = None
        self._error: BadAnswer | NothingApplies | None = None
        self._number = 0
        self._unusable = 0
        self._fallback_of = ""

    async def choose(self) -> Decision:
        left_usd, pace = await self._desk.left_usd(), await self._desk.context.purse.pace()
        request = self._request().model_copy(update={"left_usd": left_usd, "pace": pace})
        try:
            decision = await self._desk.context.router.choose(request)
        except EnvironmentFault:
            failed = self._error or self._first
            if failed is not None:
                raise failed from None
            await self._blame_budget(request)
            raise
        decision = decision.model_copy(
            update={"id": _id(request.seed), "fallback_of": self._fallback_of}
        )
        self._fallback_of = ""
        self._number += 1
        self._desk.chosen(request, decision)
        return decision

    async def _blame_budget(self, request: RoutingRequest) -> None:
        """Raises: BudgetExhausted when with more money somebody would answer."""
        left = request.left_usd
        if left is None:
            return
        with suppress(EnvironmentFault):
            rich = request.model_copy(update={"left_usd": None})
            decision = await self._desk.context.router.choose(rich)
            prices = (arm.usd for arm in decision.considered if arm.model == decision.model)
            budget, spent = self._desk.task.budget, self._desk.spent
            raise too_dear(budget, spent, left=left, needed=next(prices, None))

    def _request(self) -> RoutingRequest:
        desk, question = self._desk, self._question
        return RoutingRequest(
            role=question.role,
            risk=desk.task.risk,
            area=desk.task.area,
            stage=self.stage,
            exclude=tuple(question.exclude),
            seed=f"{desk.key}:{question.role}:{self._number}",
            tried=tuple(self._tried[-self.stage :]) if self.stage else (),
            escalated=tuple(desk.escalated.get(question.role, ())),
            faulted=tuple(self._silent),
            needs=frozenset(() if question.role == "implementer" else ("structured_output",)),
            input_tokens=question.input_tokens,
            least_tokens=question.least_tokens,
            private=desk.private,
        )

    def attempt(self, decision: Decision, author: str, began: float, before: Spent) -> Attempt:
        now = self._desk.spent
        priced = now.unpriced_calls == before.unpriced_calls
        return Attempt(
            decision_id=decision.id,
            role=self._question.role,
            stage=min(self.stage, MOST_ATTEMPTS - 1),
            model=author,
            again=decision.again,
            cost_usd=now.cost_usd - before.cost_usd if priced else None,
            duration_s=time.monotonic() - began,
            then=next(iter(decision.plan[1:]), ""),
        )

    def faulted(self, decision: Decision, fault: ModelFault) -> None:
        """Raises: the last error, when the router has nobody else to name."""
        if decision.model in self._silent:
            raise self._error or fault
        self._silent.append(decision.model)
        self._first = self._first or fault
        self._fallback_of = decision.model
        self._desk.emit("model_faulted", model=decision.model, message=str(fault))

    def unusable(self, author: str, error: BadAnswer | NothingApplies) -> None:
        """Raises: the error, when it was the last attempt."""
        self._unusable += 1
        if self._unusable >= MOST_ATTEMPTS:
            raise error
        self._error = error
        self.stage += 1
        self._tried.append(author)
        self._silent.append(author)
        self._desk.emit("edit_refused", model=author, message=f"{error}; somebody else is asked")


def _id(seed: str) -> str:
    """The same when the same node runs again."""
    return uuid.uuid5(uuid.NAMESPACE_OID, seed).hex
