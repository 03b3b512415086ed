"""What a walk over a run is given."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gatewright.domain.plan_run import PlanEvent
from gatewright.plans.variables.bound import Bound
from gatewright.settings import Settings
from gatewright.storage.plans.runs import PlanRuns
from gatewright.telemetry.sidecar import Sidecar
from graph.plan_state import PlanInput

Listener = Callable[[PlanEvent], None]


@dataclass(frozen=True, kw_only=True)
class House:
    """What all walks of a process share."""

    settings: Settings
    store: PlanRuns
    sidecar: Sidecar


@dataclass(kw_only=True)
class Order:
    """What is to be walked."""

    run_id: str
    given: PlanInput
    bound: Bound
    """The plan with its variables."""
    secrets: Mapping[str, str]
    on_event: Listener | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: it is to be cancelled; steps that clean up still run."""
