"""What a run of the plan graph may reach; never persisted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from gatewright.domain.plan_ports import Launcher, Locks, PlanStore
from gatewright.domain.plan_run import PlanEvent, StepAttempt
from gatewright.domain.ports import Telemetry


class RunStore(PlanStore, Protocol):
    """The store of runs, with the way back from `claim`."""

    async def release(self, run_id: str) -> None:
        """This process runs it no longer. Safe to call twice."""
        ...


class PlanOptions(BaseModel):
    """What a client of a LangGraph server may set for one run of a plan."""

    model_config = ConfigDict(extra="forbid")

    max_concurrency: int | None = Field(
        default=None, ge=1, le=10_000, description="Steps at the same time, instead of the plan's"
    )


@dataclass(frozen=True, kw_only=True)
class PlanContext:
    """Everything that a node of the plan graph may reach besides its state."""

    store: RunStore
    locks: Locks
    launcher: Launcher
    confined: Callable[[], Awaitable[Launcher]]
    """Makes the sandbox's launcher. Raises: SandboxUnavailable."""
    sweep: Callable[[StepAttempt], Awaitable[int]]
    """Kills what an attempt left alive whose engine is dead; how many processes."""
    telemetry: Telemetry
    folder: Path
    """Has a folder for each run."""
    started_by: str
    """user@host."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Variables whose values are kept nowhere."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: the run is to be cancelled."""
    max_concurrency: int | None = None
    """Steps at a time, instead of the plan's; an option of the run goes before it."""
    on_event: Callable[[PlanEvent], None] | None = None
    bound: dict[str, Any] = field(default_factory=dict)
    """By run: the plan with its variables, so that it is read and checked once."""
