"""A desk over scripted models, without a graph around it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from langgraph.runtime import Runtime

from gatewright.domain.catalogue import Card
from gatewright.domain.conversation import Reply
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.outcome import Outcome
from gatewright.domain.ports import Router, SourceFile
from gatewright.domain.task import Site, Task
from gatewright.testing import ScriptedModels
from graph.context import Context
from graph.state import RunState
from nodes.desk import Desk
from routing.floors import Rules
from routing.history import History
from routing.router import LearningRouter
from routing.worth import Worth


class NoJournal:
    """Nothing was paid for before."""

    async def recall(self, key: str) -> Reply | None:
        return None

    async def record(self, key: str, task_id: str, reply: Reply) -> None:
        return None


@dataclass
class Till:
    """A purse without a database; `house_usd` is what the house's budgets leave."""

    house_usd: float | None = None
    reserved: dict[str, float] = field(default_factory=dict)
    settled: dict[str, float | None] = field(default_factory=dict)

    async def reserve(self, key: str, task_id: str, usd: float) -> None:
        self.reserved[key] = usd

    async def settle(self, key: str, usd: float | None) -> None:
        self.settled[key] = usd

    async def left_usd(self) -> float | None:
        return self.house_usd

    async def pace(self) -> float:
        return 1.0


@dataclass
class Notes:
    """A sidecar that only remembers."""

    decided_: list[tuple[RoutingRequest, Decision]] = field(default_factory=list)
    judged_: list[Outcome] = field(default_factory=list)

    def decided(
        self, request: RoutingRequest, decision: Decision, *, task_id: str, node: str
    ) -> None:
        self.decided_.append((request, decision))

    def judged(self, outcome: Outcome, *, node: str) -> None:
        self.judged_.append(outcome)


@dataclass
class Shelf:
    """The reading half of a workspace, which counts what is read."""

    contents: dict[str, str]
    reads: list[str] = field(default_factory=list)

    async def files(self, site: Site, commit: str) -> Sequence[str]:
        return sorted(self.contents)

    async def read(self, site: Site, commit: str, path: str) -> SourceFile | None:
        self.reads.append(path)
        return SourceFile(path=path, text=self.contents[path], encoding="utf-8")


def nobody() -> Router:
    """A router without candidates."""
    return LearningRouter((), {}, history=History(), rules=Rules(), worth=Worth())


@dataclass(frozen=True, kw_only=True)
class Ports:
    """As much of a `Context` as the test at hand needs."""

    journal: NoJournal = field(default_factory=NoJournal)
    purse: Till = field(default_factory=Till)
    telemetry: Notes = field(default_factory=Notes)
    router: Router = field(default_factory=nobody)
    private: tuple[Path, ...] = ()
    cards: dict[str, Card] = field(default_factory=dict)
    workspace: Shelf = field(default_factory=lambda: Shelf({}))
    models: ScriptedModels = field(default_factory=ScriptedModels)


def desk(ports: Ports | None = None, *, spent: dict[str, Any] | None = None, **task: Any) -> Desk:
    """A desk of the planner's for a task with these fields."""
    given = Task.model_validate({"id": "t", "goal": "g", "repo": Path("/r"), **task})
    state = RunState(task=given.model_dump(mode="json"), spent=spent or {})
    context = cast(Context, ports or Ports())
    return Desk(state, Runtime(context=context), node="planner")
